import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import avro from 'avsc';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureTopics } from '../../../connectors/topics.ts';
import { withAdmin } from '../../../core/kafka.ts';
import { scanTopic } from '../../../core/kafka-scan.ts';
import { httpConnection } from '../../../pipeline/connections.ts';
import { selectStreams } from '../../../pipeline/load.ts';
import { valueSubject } from '../../../pipeline/names.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { readCheckpoint } from '../../../producer/kafka/checkpoint-store.ts';
import { registerSchema } from '../../../schemas/register.ts';
import { createSchemaRegistry } from '../../../schemas/registry.ts';
import { startCli } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { createProducerProject, type ProducerProject } from '../../support/producer-project.ts';
import { POLLED, TAPE_PROTO, writeTape } from '../../support/tape.ts';
import { printFacts, type TapeRecord, tapeFacts } from '../../support/tape-facts.ts';
import { printOf, serveTape } from '../../support/tape-server.ts';

const PRINTS = 10_000;
const IN_FIRST_RUN = 4_000;
const IN_ANSWER = 250;
let test: ProducerProject;
beforeAll(async () => {
  test = await createProducerProject('polled', { register: false, topics: false });
});
afterAll(() => test?.project.remove());

it('a method that answers once is asked again and again: every print is exact, the producer killed and started again in the middle', async () => {
  const { root, env, suffix, environment, secrets } = test.project;
  const name = `polled_${suffix}`;
  writeTape(root, { name, method: POLLED, position: '{ kind: cursor, field: mark, request: since.mark }' });
  const stream = selectStreams(test.project.reload(), [name])[0] as StreamDefinition;
  await withAdmin(test.kafka, 'polled', (admin) => ensureTopics(admin, stream, 1));
  const schemaText = readFileSync(join(root, stream.schema), 'utf8');
  const registry = createSchemaRegistry(httpConnection(environment.registry, secrets));
  await registerSchema(registry, { subject: valueSubject(stream), schemaText });

  let there = IN_FIRST_RUN;
  let sent = 0;
  const asked: (string | undefined)[] = [];
  const list = ({ since }: { readonly since?: { readonly mark: string } | null }) => {
    asked.push(since?.mark);
    const from = since ? Number(since.mark.slice(2)) + 1 : 0;
    const to = Math.min(there, from + IN_ANSWER);
    sent = Math.max(sent, to);
    return Array.from({ length: to - from }, (_, index) => printOf(from + index));
  };
  const server = await serveTape(join(root, TAPE_PROTO), environment.feed.address, async () => {}, list);
  const produce = (...flags: string[]) => startCli(['produce', '--only', name, ...flags], { cwd: root, env });
  try {
    const first = produce();
    await eventually(
      async () => {
        expect(sent, first.output.stderr).toBe(IN_FIRST_RUN);
        expect(await readCheckpoint(test.kafka, stream, { clientId: 'polled' })).toMatchObject({ kind: 'cursor' });
      },
      { timeoutMs: 60_000 },
    );
    first.child.kill('SIGKILL');
    await first.ended;
    there = PRINTS;
    const before = asked.length;
    const second = await produce('--end-with-feed').ended;
    expect(second.code, second.stderr).toBe(0);
    // It went on where Kafka was, and did not begin anew.
    expect(asked[before]).toMatch(/^m-\d{9}$/);
  } finally {
    server.close();
  }
  // Independent of our readers: Avro by its own library, amounts by the numbers that were sent.
  const type = avro.Type.forSchema(JSON.parse(schemaText));
  const seen = new Set<number>();
  await scanTopic(test.kafka, {
    topic: stream.topic.name,
    clientId: 'polled',
    onRecords: async (records) => {
      for (const { value } of records) {
        const record = type.fromBuffer((value ?? Buffer.alloc(0)).subarray(5)) as TapeRecord;
        const number = Number(record.resume_mark.slice(2));
        seen.add(number);
        expect(tapeFacts(record)).toEqual(printFacts(printOf(number)));
      }
    },
  });
  expect(seen.size).toBe(PRINTS);
}, 150_000);
