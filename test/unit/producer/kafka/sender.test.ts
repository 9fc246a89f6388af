import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Acknowledgement, KafkaProducer } from '../../../../core/kafka-producer.ts';
import { silentLogger } from '../../../../core/log.ts';
import type { Cluster, SendRequest } from '../../../../producer/kafka/cluster.ts';
import type { OutgoingRecord } from '../../../../producer/kafka/outgoing-record.ts';
import { partitionOf } from '../../../../producer/kafka/partition.ts';
import { createKafkaSender, type KafkaSender } from '../../../../producer/kafka/sender.ts';
import { eventually } from '../../../support/eventually.ts';

const PARTITIONS = 3;
const record = (text: string, topic = 'positions'): OutgoingRecord => ({
  topic,
  key: Buffer.from(`key ${text}`),
  value: Buffer.from(text),
});
/** An error as brokers give it. */
const brokerError = (type: string) => Object.assign(new Error(type), { type });

/** An acknowledgement of each record of a request. */
const acknowledged = (request: SendRequest): Acknowledgement[] =>
  [...request].flatMap(([topic, messages]) => messages.map(({ partition }) => ({ topic, partition, baseOffset: 0n })));
const textsOf = (request: SendRequest) =>
  [...request.values()].flatMap((messages) => messages.map(({ value }) => String(value)));

/** What the cluster does with the n-th request: answers for some partitions, or fails. */
type Answer = (request: SendRequest) => Acknowledgement[] | Promise<Acknowledgement[]>;

const senders: KafkaSender[] = [];
afterEach(async () => {
  for (const sender of senders.splice(0)) await sender.close();
});

/** A sender on a cluster that follows a script; after the script it takes everything. */
async function senderOn(...script: Answer[]) {
  const requests: { readonly producer: number; readonly texts: string[]; readonly request: SendRequest }[] = [];
  const disconnected: number[] = [];
  const size = { partitions: PARTITIONS };
  let producers = 0;
  const cluster: Cluster = {
    label: 'kafka:9092',
    partitions: async (topics) => new Map(topics.map((topic) => [topic, size.partitions])),
    ends: async (topics) => new Map(topics.map((topic) => [topic, Array(size.partitions).fill(0n)])),
    async connect(): Promise<KafkaProducer> {
      producers += 1;
      const producer = producers;
      return {
        async send(request) {
          requests.push({ producer, texts: textsOf(request), request });
          return (script.shift() ?? acknowledged)(request);
        },
        disconnect: async () => void disconnected.push(producer),
      };
    },
  };
  const sender = await createKafkaSender({
    cluster,
    topics: ['positions', 'positions.rejected'],
    logger: silentLogger,
    lookEveryMs: 20,
  });
  senders.push(sender);
  return { sender, size, requests, disconnected, sent: () => requests.map(({ texts }) => texts) };
}

const fails =
  (type: string): Answer =>
  () =>
    Promise.reject(brokerError(type));
const stalls: Answer = () => new Promise(() => {});

describe('a sender', () => {
  it('spreads records over more partitions once the topic has grown, by a producer that knows them', async () => {
    const { sender, size, requests } = await senderOn();
    await sender.send([record('a')]);
    size.partitions = 12;
    await eventually(async () => expect(sender.partitions('positions')).toBe(12), { timeoutMs: 5_000 });
    const grown = Array.from({ length: 40 }, (_, number) => record(String(number)));
    await sender.send(grown);
    expect(requests.map(({ producer }) => producer)).toEqual([1, 2]);
    const placed = requests[1]?.request.get('positions')?.map(({ partition }) => partition);
    expect(placed).toEqual(grown.map(({ key }) => partitionOf(key as Buffer, 12)));
  });

  it('finishes a request under way by the number of partitions that it was placed by', async () => {
    let answer = () => {};
    const slow: Answer = (request) =>
      new Promise((resolve) => {
        answer = () => resolve(acknowledged(request));
      });
    const { sender, size, requests } = await senderOn(slow);
    const sending = sender.send([record('a')]);
    size.partitions = 12;
    await sleep(100);
    expect(sender.partitions('positions')).toBe(PARTITIONS);
    answer();
    await sending;
    await eventually(async () => expect(sender.partitions('positions')).toBe(12), { timeoutMs: 5_000 });
    expect(requests).toHaveLength(1);
  });

  it('sends records of one key to one partition, in their order, and those without a key to all in turn', async () => {
    const { sender, requests } = await senderOn();
    const keyless = { topic: 'positions.rejected', key: null };
    await sender.send([
      record('a'),
      { ...keyless, value: Buffer.from('1'), headers: { reason: 'MISSING' } },
      record('a'),
      { ...keyless, value: Buffer.from('2') },
      { ...keyless, value: Buffer.from('3') },
    ]);
    const partition = partitionOf(Buffer.from('key a'), PARTITIONS);
    expect(requests).toHaveLength(1);
    expect(requests[0]?.request.get('positions')).toMatchObject([{ partition }, { partition }]);
    const rejected = requests[0]?.request.get('positions.rejected') ?? [];
    expect(rejected.map((message) => message.partition)).toEqual([0, 1, 2]);
    expect(rejected.map(({ headers }) => headers)).toEqual([{ reason: 'MISSING' }, undefined, undefined]);
  });

  it('sends one request at a time, in the order of the calls', async () => {
    let answer = (_acknowledgements: Acknowledgement[]) => {};
    const { sender, sent, requests } = await senderOn(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const first = sender.send([record('a')]);
    const second = sender.send([record('b')]);
    await eventually(() => expect(sent()).toEqual([['a']]), { timeoutMs: 1_000 });
    answer(acknowledged((requests[0] as { request: SendRequest }).request));
    await Promise.all([first, second]);
    expect(sent()).toEqual([['a'], ['b']]);
  });

  it('repeats a request unchanged after a failure that may pass', async () => {
    const { sender, requests } = await senderOn(fails('NOT_ENOUGH_REPLICAS'), fails('REQUEST_TIMED_OUT'));
    await sender.send([record('a'), record('b', 'positions.rejected')]);
    expect(requests.map(({ producer }) => producer)).toEqual([1, 1, 1]);
    expect(requests[2]?.request).toEqual(requests[0]?.request);
  });

  it('takes a new producer after three failures in a row', async () => {
    const { sender, requests, disconnected } = await senderOn(
      fails('REQUEST_TIMED_OUT'),
      fails('REQUEST_TIMED_OUT'),
      fails('REQUEST_TIMED_OUT'),
    );
    await sender.send([record('a')]);
    expect(requests.map(({ producer }) => producer)).toEqual([1, 1, 1, 2]);
    expect(disconnected).toEqual([1]);
  });

  it('takes a new producer at once when the brokers disagree with its sequence', async () => {
    const { sender, requests } = await senderOn(fails('OUT_OF_ORDER_SEQUENCE_NUMBER'));
    await sender.send([record('a')]);
    expect(requests.map(({ producer }) => producer)).toEqual([1, 2]);
  });

  it('sends the records of a partition again that no broker has answered for, and only those', async () => {
    const { sender, sent } = await senderOn((request) =>
      acknowledged(request).filter(({ topic, partition }) => `${topic}/${partition}` !== 'positions.rejected/0'),
    );
    const keyless = { topic: 'positions.rejected', key: null };
    await sender.send([
      { ...keyless, value: Buffer.from('1') },
      record('a'),
      { ...keyless, value: Buffer.from('2') },
      { ...keyless, value: Buffer.from('3') },
      { ...keyless, value: Buffer.from('4') },
    ]);
    expect(sent().slice(1)).toEqual([['1', '4']]);
  });

  it('sends a request that is too large in halves', async () => {
    const { sender, sent } = await senderOn(fails('MESSAGE_TOO_LARGE'));
    await sender.send([record('a'), record('a'), record('a')]);
    expect(sent()).toEqual([['a', 'a', 'a'], ['a'], ['a', 'a']]);
  });

  it.each([
    ['one record is too large', 'MESSAGE_TOO_LARGE'],
    ['it has no rights', 'TOPIC_AUTHORIZATION_FAILED'],
  ])('gives up when %s', async (_what, type) => {
    const { sender, sent } = await senderOn(fails(type));
    await expect(sender.send([record('a')])).rejects.toMatchObject({
      code: 'REFUSED',
      message: `Kafka refused records for positions: ${type}`,
    });
    expect(sent()).toHaveLength(1);
  });

  it('gives up when it is aborted, also on a request without an answer', async () => {
    const { sender, sent, disconnected } = await senderOn(stalls);
    const sending = sender.send([record('a'), record('b')]);
    sending.catch(() => {});
    await eventually(() => expect(sent()).toHaveLength(1), { timeoutMs: 1_000 });
    sender.abort();
    await expect(sending).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: 'gave up sending 2 records that Kafka did not acknowledge',
    });
    await expect(sender.send([record('c')])).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await sender.close();
    expect(disconnected).toEqual([1]);
  });
});
