import { afterAll, beforeAll, expect, it } from 'vitest';
import { topicRisks } from '../../../contract/topic-risks.ts';
import { createKafka, withAdmin } from '../../../core/kafka.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

/** A record of 1,000 bytes that waited for Kafka for a minute. */
const VALUE = Buffer.alloc(1_000, 'x');
const WAITED_MS = 60_000;

let test: TestProject;
beforeAll(async () => {
  test = await createTestProject({ name: 'topicrisks' });
});
afterAll(() => test?.remove());

it.each([
  ['max.message.bytes', '500', /larger than the max message size/i],
  ['segment.bytes', '1048576', undefined],
  ['message.timestamp.before.max.ms', '1000', /timestamp/i],
  ['message.timestamp.before.max.ms', '86400000', undefined],
  ['message.timestamp.after.max.ms', '1000', undefined],
  ['compression.type', 'gzip', undefined],
])('a topic with %s %s takes the record unless the check refuses the setting', async (key, value, refusal) => {
  const connection = { brokers: test.environment.kafka.brokers };
  const topic = `risk-${key}-${value}-${test.suffix}`;
  const config = { [key]: value };
  await withAdmin(connection, 'test', (admin) => admin.createTopic({ name: topic, partitions: 1, config }));
  const producer = createKafka(connection, 'test').producer({ retry: { retries: 0 } });
  await producer.connect();
  const timestamp = String(Date.now() - WAITED_MS);
  const sent = producer.send({ topic, acks: -1, messages: [{ key: 'key', value: VALUE, timestamp }] });
  if (refusal === undefined) await expect(sent).resolves.toBeDefined();
  else await expect(sent).rejects.toThrow(refusal);
  await producer.disconnect();
  const risks = [...topicRisks(config, VALUE.length + 100)].map((risk) => risk.key);
  if (refusal !== undefined) expect(risks).toEqual([key]);
});
