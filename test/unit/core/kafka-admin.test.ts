import { describe, expect, it } from 'vitest';
import { kafkaAdmin } from '../../../core/kafka-admin.ts';

type AdminClient = Parameters<typeof kafkaAdmin>[0];

/** A client that answers only what a test says. */
function clientOf(answers: Partial<AdminClient>): AdminClient {
  return new Proxy(answers, {
    get: (target, name) =>
      Reflect.get(target, name) ??
      (() => {
        throw new Error(`nobody should ask for ${String(name)}`);
      }),
  }) as AdminClient;
}

const metadataOf = (name: string, leaders: readonly number[]) => ({
  topics: [
    {
      name,
      partitions: leaders.map((leader, partitionId) => ({
        partitionErrorCode: 0,
        partitionId,
        leader,
        replicas: [1, 2, 3],
        isr: [1],
      })),
    },
  ],
});

describe('the administration of a cluster', () => {
  it('waits for a new topic that not every broker knows of yet', async () => {
    const answers = [undefined, metadataOf('a', [1, -1]), metadataOf('a', [1, 2])];
    const admin = kafkaAdmin(
      clientOf({
        createTopics: async () => true,
        fetchTopicMetadata: async () => {
          const answer = answers.shift();
          if (answer === undefined) throw new Error('This server does not host this topic-partition');
          return answer;
        },
      }),
    );
    expect(await admin.createTopic({ name: 'a', partitions: 2 })).toBe(true);
    expect(answers).toEqual([]);
  });

  it('does not wait for a topic that is there already', async () => {
    const admin = kafkaAdmin(clientOf({ createTopics: async () => false }));
    expect(await admin.createTopic({ name: 'a', partitions: 2 })).toBe(false);
  });

  it('has grown a topic when each partition has a leader', async () => {
    const answers = [metadataOf('a', [1]), metadataOf('a', [1, -1]), metadataOf('a', [1, 2])];
    const admin = kafkaAdmin(
      clientOf({
        createPartitions: async () => true,
        fetchTopicMetadata: async () => answers.shift() ?? metadataOf('a', [1, 2]),
      }),
    );
    await admin.growTopic('a', 2);
    expect(answers).toEqual([]);
  });

  it('asks again for offsets while a broker does not know yet that it leads a partition', async () => {
    const refusal = Object.assign(new Error('This server is not the leader'), { type: 'NOT_LEADER_FOR_PARTITION' });
    const refusals = [refusal, refusal];
    const fails = async () => {
      const error = refusals.shift();
      if (error !== undefined) throw error;
    };
    const admin = kafkaAdmin(
      clientOf({
        listTopics: async () => ['a'],
        fetchTopicOffsets: async () => {
          await fails();
          return [{ partition: 0, offset: '7', low: '3', high: '7' }];
        },
        fetchTopicOffsetsByTimestamp: async () => {
          await fails();
          return [{ partition: 0, offset: '5' }];
        },
      }),
    );
    expect(await admin.ranges('a')).toEqual([{ partition: 0, low: 3n, high: 7n }]);
    expect(refusals).toEqual([]);
    refusals.push(refusal);
    expect(await admin.offsetsAt('a', new Date(0))).toEqual(new Map([[0, 5n]]));
  });

  it('does not ask again after another refusal', async () => {
    const refusals = [new Error('not authorized')];
    const admin = kafkaAdmin(
      clientOf({
        listTopics: async () => ['a'],
        fetchTopicOffsets: async () => {
          throw refusals.shift() ?? new Error('asked again');
        },
      }),
    );
    await expect(admin.ranges('a')).rejects.toThrow('not authorized');
  });

  it('says why a broker refuses a topic', async () => {
    const refusal = new AggregateError([new Error('Replication-factor is invalid')], 'Topic creation errors');
    const admin = kafkaAdmin(clientOf({ createTopics: () => Promise.reject(refusal) }));
    await expect(admin.createTopic({ name: 'a', partitions: 2 })).rejects.toThrow('Replication-factor is invalid');
  });

  it('asks nothing about a topic that does not exist: a question could create it', async () => {
    const admin = kafkaAdmin(clientOf({ listTopics: async () => ['b'] }));
    expect(await admin.ranges('a')).toBeUndefined();
  });

  it('has offsets as big integers, in the order of partitions', async () => {
    const admin = kafkaAdmin(
      clientOf({
        listTopics: async () => ['a'],
        fetchTopicOffsets: async () => [
          { partition: 1, offset: '9', low: '9007199254740993', high: '9007199254740999' },
          { partition: 0, offset: '9', low: '0', high: '9' },
        ],
      }),
    );
    expect(await admin.ranges('a')).toEqual([
      { partition: 0, low: 0n, high: 9n },
      { partition: 1, low: 9_007_199_254_740_993n, high: 9_007_199_254_740_999n },
    ]);
  });

  it('leaves out partitions of which a group has committed nothing', async () => {
    const partitions = [
      { partition: 0, offset: '7', metadata: null },
      { partition: 1, offset: '-1', metadata: null },
    ];
    const admin = kafkaAdmin(clientOf({ fetchOffsets: async () => [{ topic: 'a', partitions }] }));
    expect(await admin.committedOffsets('group', 'a')).toEqual(new Map([[0, 7n]]));
  });

  it('has the partitions of each topic, and no leader where a broker names none', async () => {
    const admin = kafkaAdmin(clientOf({ fetchTopicMetadata: async () => metadataOf('a', [2, -1]) }));
    expect(await admin.placements(['a'])).toEqual(
      new Map([
        [
          'a',
          [
            { leader: 2, replicas: 3 },
            { leader: undefined, replicas: 3 },
          ],
        ],
      ]),
    );
    expect(await kafkaAdmin(clientOf({})).placements([])).toEqual(new Map());
  });
});
