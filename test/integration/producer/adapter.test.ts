import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import avro from 'avsc';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureTopics } from '../../../connectors/topics.ts';
import { withAdmin } from '../../../core/kafka.ts';
import { headerText } from '../../../core/kafka-headers.ts';
import { scanTopic } from '../../../core/kafka-scan.ts';
import { withPostgres } from '../../../core/postgres.ts';
import { httpConnection } from '../../../pipeline/connections.ts';
import { selectStreams } from '../../../pipeline/load.ts';
import { rejectedTopic, valueSubject } from '../../../pipeline/names.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { readCheckpoint } from '../../../producer/kafka/checkpoint-store.ts';
import { registerSchema } from '../../../schemas/register.ts';
import { createSchemaRegistry } from '../../../schemas/registry.ts';
import { startCli } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { type LinesCall, lineOf, serveLines, writeLines } from '../../support/lines-feed.ts';
import { createProducerProject, type ProducerProject } from '../../support/producer-project.ts';

const LINES = 6_000;
let test: ProducerProject;
let stream: StreamDefinition;
let name: string;

beforeAll(async () => {
  test = await createProducerProject('adapter', { register: false, topics: false });
  const { root, suffix } = test.project;
  name = `lines_${suffix}`;
  writeLines(root, name);
  stream = selectStreams(test.project.reload(), [name])[0] as StreamDefinition;
  await withAdmin(test.kafka, 'adapter', (admin) => ensureTopics(admin, stream, 1));
  const registry = createSchemaRegistry(httpConnection(test.project.environment.registry, test.project.secrets));
  const schemaText = readFileSync(join(root, stream.schema), 'utf8');
  await registerSchema(registry, { subject: valueSubject(stream), schemaText });
  await withPostgres(test.project.database, (client) =>
    client.query(`CREATE TABLE lines (id varchar(20) PRIMARY KEY, seq bigint, traded_at timestamp, price numeric(38, 8),
      side varchar(8), proof bytea, kafka_partition integer, kafka_offset bigint); GRANT SELECT ON lines TO perps_worker, perps_viewer`),
  );
});
afterAll(() => test?.project.remove());

const serve = (play: (call: LinesCall) => Promise<void>) => serveLines(test.project.environment.feed.address, play);
const command = (...words: string[]) =>
  runInProcess([...words, '--only', name], { cwd: test.project.root, env: test.project.env });
const produce = () =>
  startCli(['produce', '--only', name, '--end-with-feed', '-o', 'json'], {
    cwd: test.project.root,
    env: test.project.env,
  });
/** The number of the first line behind a cursor. */
const behind = (after: string | null): number => (after === null ? 0 : (Number(after) - 9_007_199_254_740_000) / 7 + 1);

interface LineRecord {
  readonly id: string;
  readonly seq: bigint;
  readonly traded_at: bigint;
  readonly price: Buffer;
  readonly side: string;
  readonly proof: Buffer;
}

async function recordsOf(topic: string) {
  const found: { value: Buffer; reason: string | undefined }[] = [];
  await scanTopic(test.kafka, {
    topic,
    clientId: 'adapter',
    onRecords: async (records) => {
      found.push(
        ...records.map(({ value, headers }) => ({
          value: value ?? Buffer.alloc(0),
          reason: headerText(headers, 'reason'),
        })),
      );
    },
  });
  return found;
}

it('what a module of the project reads is exact, the producer killed and started again in the middle', async () => {
  const asked: (string | null)[] = [];
  let sent = 0;
  const server = await serve(async ({ after, send, end }) => {
    asked.push(after);
    const isFirst = asked.length === 1;
    for (let seq = behind(after); seq < LINES; seq += 1) {
      if (isFirst && seq === 4_000) {
        // The first reader is killed here.
        for (;;) await send({ kind: 'alive' }).then(() => new Promise((resolve) => setTimeout(resolve, 50)));
      }
      await send(seq === 2_500 ? { ...lineOf(seq), side: 'neither' } : lineOf(seq));
      sent = Math.max(sent, seq + 1);
    }
    end();
  });
  let summary = '';
  try {
    const first = produce();
    await eventually(
      async () => {
        expect(sent, first.output.stderr).toBe(4_000);
        expect(await readCheckpoint(test.kafka, stream, { clientId: 'adapter' })).toMatchObject({ kind: 'cursor' });
      },
      { timeoutMs: 30_000 },
    );
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await produce().ended;
    expect(second.code, second.stderr).toBe(0);
    summary = second.stdout;
  } finally {
    server.close();
  }
  expect(asked).toEqual([null, expect.stringMatching(/^\d+$/)]);

  // Independent of our readers: Avro by its own library, amounts by the text that was sent.
  const type = avro.Type.forSchema(JSON.parse(readFileSync(join(test.project.root, stream.schema), 'utf8')));
  const longs = avro.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer: (value: bigint) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(value);
      return bytes;
    },
    fromJSON: BigInt,
    toJSON: String,
    isValid: (value: unknown) => typeof value === 'bigint',
    compare: (one: bigint, other: bigint) => (one === other ? 0 : one < other ? -1 : 1),
  });
  const exact = avro.Type.forSchema(type.schema() as avro.Schema, { registry: { long: longs } });
  const seen = new Set<string>();
  for (const { value } of await recordsOf(stream.topic.name)) {
    const { id, seq, traded_at, price, side, proof } = exact.fromBuffer(value.subarray(5)) as LineRecord;
    const line = lineOf(Number(id.slice('trade-'.length)));
    seen.add(id);
    const unscaled = BigInt.asIntN(512, BigInt(`0x${price.toString('hex')}`));
    const bits = BigInt(price.length * 8);
    expect({
      id,
      seq: String(seq),
      traded_at: Number(traded_at),
      price: BigInt.asIntN(Number(bits), unscaled),
      side,
      proof: proof.toString('hex'),
    }).toEqual({ ...line, price: BigInt(line.price.replace('.', '')) });
  }
  const missing = Array.from({ length: LINES }, (_, seq) => `trade-${seq}`).filter((id) => !seen.has(id));
  expect(missing, `asked for ${asked.join(', ')}; ${summary}`).toEqual(['trade-2500']);
  expect(seen.size).toBe(LINES - 1);
}, 90_000);

it('what does not fit is in the rejected topic as JSON, is shown, and is not sent again as it is', async () => {
  const rejected = await recordsOf(rejectedTopic(stream));
  expect(rejected.map(({ reason }) => reason)).toEqual(rejected.map(() => 'NOT_ALLOWED'));
  expect(JSON.parse(rejected[0]?.value.toString() ?? '')).toMatchObject({
    id: 'trade-2500',
    seq: lineOf(2_500).seq,
    proof: { $base64: Buffer.from(lineOf(2_500).proof, 'hex').toString('base64') },
  });
  const shown = await command('rejected', 'show', '-o', 'json');
  expect(shown.stdout).toContain('"side": "neither"');
  expect(shown.stdout).toContain(lineOf(2_500).proof);
  const replayed = await command('rejected', 'replay', '--dry-run', '-o', 'json');
  expect(replayed.stdout).toContain('side NOT_ALLOWED');
});

it.each([
  [
    'an error that the module calls fatal',
    { kind: 'fatal', reason: 'this key was revoked' },
    /feeds\/lines\.mjs failed: this key was revoked/,
  ],
  [
    'what is no message',
    { kind: 'strange', value: 'hello' },
    /feeds\/lines\.mjs yields what is no message of a feed: string/,
  ],
])('%s ends the run with a reason', async (_what, line, reason) => {
  const server = await serve(({ send }) => send(line));
  try {
    const { code, stderr } = await command('produce', '--end-with-feed');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(reason) });
  } finally {
    server.close();
  }
});
