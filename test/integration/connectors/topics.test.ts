import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTopics, type TopicOutcome } from '../../../connectors/topics.ts';
import { ConnectError } from '../../../core/errors.ts';
import { withAdmin } from '../../../core/kafka.ts';
import type { KafkaAdmin } from '../../../core/kafka-admin.ts';
import { selectStreams } from '../../../pipeline/load.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

describe('the topics of a stream', () => {
  let test: TestProject;
  let stream: StreamDefinition;
  beforeAll(async () => {
    test = await createTestProject({ name: 'topics' });
    [stream] = selectStreams(test.project, ['positions']) as [StreamDefinition];
  });
  afterAll(() => test?.remove());

  const admin = <T>(task: (admin: KafkaAdmin) => Promise<T>) =>
    withAdmin({ brokers: test.environment.kafka.brokers }, 'test', task);
  const ensure = (definition = stream, replicas = 1): Promise<TopicOutcome[]> =>
    admin((client) => ensureTopics(client, definition, replicas));

  it('names the cause when the cluster is too small for its replicas', async () => {
    const error = await ensure(stream, 3).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ code: 'REFUSED', hint: expect.stringContaining('kafka.replicationFactor is 3') });
  });

  it('are created with their settings, also by two deploys at once', async () => {
    const [one, other] = await Promise.all([ensure(), ensure()]);
    const outcomes = one.map(({ outcome }, index) => [outcome, other[index]?.outcome].sort());
    expect(outcomes).toEqual(Array(4).fill(['created', 'unchanged']));
    const placements = await admin((client) => client.placements(one.map(({ name }) => name)));
    const partitions = Object.fromEntries(
      [...placements].map(([name, list]) => [name.replace(stream.topic.name, ''), list.length]),
    );
    expect(partitions).toEqual({ '': 4, '.rejected': 1, '.dlq': 1, '.checkpoint': 1 });
  });

  it('are left alone the second time', async () => {
    expect((await ensure()).map(({ outcome }) => outcome)).toEqual(Array(4).fill('unchanged'));
  });

  it('that differ in a setting are told, not changed', async () => {
    const changed = {
      ...stream,
      topic: { ...stream.topic, config: { ...stream.topic.config, 'retention.ms': '1000' } },
    };
    const [data] = await ensure(changed);
    expect(data).toMatchObject({
      outcome: 'differs',
      differences: ['retention.ms is 604800000, the definition says 1000'],
    });
    expect((await ensure())[0]?.outcome).toBe('unchanged');
  });

  it.each([
    [2, /Kafka cannot take partitions away/],
    [8, /would move keys and break their order/],
  ])('with other partitions than the %i defined are refused', async (partitions, hint) => {
    const error = await ensure({ ...stream, topic: { ...stream.topic, partitions } }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ code: 'UNSAFE', hint: expect.stringMatching(hint) });
  });
});
