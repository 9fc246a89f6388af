import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { headerText } from '../../../core/kafka-headers.ts';
import { scanTopic } from '../../../core/kafka-scan.ts';
import { withPostgres } from '../../../core/postgres.ts';
import { selectStreams } from '../../../pipeline/load.ts';
import { rejectedTopic } from '../../../pipeline/names.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { readCheckpoint } from '../../../producer/kafka/checkpoint-store.ts';
import { startCli } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { type LinesCall, lineBehind, lineOf, serveLines, writeLines } from '../../support/lines-feed.ts';
import { lineDecoder } from '../../support/lines-records.ts';
import { createProducerProject, type ProducerProject } from '../../support/producer-project.ts';

const LINES = 6_000;
/** The last complete cursor of the first reading is odd, and beyond 2^53: no double is it. */
const READ_FIRST = 4_001;
let test: ProducerProject;
let stream: StreamDefinition;
let name: string;

beforeAll(async () => {
  test = await createProducerProject('adapter', { register: false, topics: false });
  const { root, suffix } = test.project;
  name = `lines_${suffix}`;
  writeLines(root, name);
  stream = selectStreams(test.project.reload(), [name])[0] as StreamDefinition;
  for (const words of [
    ['migrate', 'up'],
    ['schemas', 'register', '--only', name],
    ['deploy', '--yes', '--only', name],
  ])
    await done(...words);
});
afterAll(() => test?.project.remove());

/** A command of the whole program, which succeeds. */
async function done(...words: string[]) {
  const { code, stdout, stderr } = await runInProcess(words, { cwd: test.project.root, env: test.project.env });
  expect(code, `connect ${words.join(' ')}: ${stdout}${stderr}`).toBe(0);
  return stdout;
}
const areReplayedBefore = (letters: { outcome: string }[]) =>
  letters.length > 0 && letters.every(({ outcome }) => outcome === 'replayed-before');
const serve = (play: (call: LinesCall) => Promise<void>) => serveLines(test.project.environment.feed.address, play);
const command = (...words: string[]) =>
  runInProcess([...words, '--only', name], { cwd: test.project.root, env: test.project.env });
const produce = () =>
  startCli(['produce', '--only', name, '--end-with-feed', '-o', 'json'], {
    cwd: test.project.root,
    env: test.project.env,
  });

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
    for (let seq = lineBehind(after); seq < LINES; seq += 1) {
      if (isFirst && seq === READ_FIRST) {
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
        expect(sent, first.output.stderr).toBe(READ_FIRST);
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

  const seen = new Set<string>();
  const decode = lineDecoder(readFileSync(join(test.project.root, stream.schema), 'utf8'));
  for (const { value } of await recordsOf(stream.topic.name)) {
    const line = decode(value);
    seen.add(line.trade_id);
    expect(line).toEqual(lineOf(Number(line.trade_id.slice('trade-'.length))));
  }
  const missing = Array.from({ length: LINES }, (_, seq) => `trade-${seq}`).filter((id) => !seen.has(id));
  expect(missing, `asked for ${asked.join(', ')}; ${summary}`).toEqual(['trade-2500']);
  expect(seen.size).toBe(LINES - 1);
}, 90_000);

it('what does not fit is in the rejected topic as JSON, is shown, and is not sent again as it is', async () => {
  const rejected = await recordsOf(rejectedTopic(stream));
  expect(rejected.map(({ reason }) => reason)).toEqual(rejected.map(() => 'NOT_ALLOWED'));
  expect(JSON.parse(rejected[0]?.value.toString() ?? '')).toMatchObject({
    trade_id: 'trade-2500',
    seq: { $bigint: lineOf(2_500).seq },
    proof: { $base64: Buffer.from(lineOf(2_500).proof, 'hex').toString('base64') },
  });
  const shown = await command('rejected', 'show', '-o', 'json');
  expect(shown.stdout).toContain('"side": "neither"');
  expect(shown.stdout).toContain(lineOf(2_500).proof);
  const replayed = await command('rejected', 'replay', '--dry-run', '-o', 'json');
  expect(replayed.stdout).toContain('side NOT_ALLOWED');
});

it('is sent again once the schema allows it, with every value as the module gave it, and once only', async () => {
  const path = join(test.project.root, stream.schema);
  writeFileSync(path, readFileSync(path, 'utf8').replace('"sell"', '"sell", "neither"'));
  await done('schemas', 'register', '--only', name);
  const replay = async () =>
    JSON.parse(await done('rejected', 'replay', '--yes', '--only', name, '-o', 'json')).streams[0];
  expect(await replay()).toMatchObject({ replayed: 1, arrived: 1 });
  expect(await replay()).toMatchObject({ replayed: 0, letters: expect.toSatisfy(areReplayedBefore) });

  const line = { ...lineOf(2_500), side: 'neither' };
  const decode = lineDecoder(readFileSync(path, 'utf8'));
  const sent = (await recordsOf(stream.topic.name)).map(({ value }) => decode(value));
  expect(sent.filter(({ trade_id }) => trade_id === line.trade_id)).toEqual([line]);
  const { rows } = await withPostgres(test.project.database, (client) =>
    client.query(`SELECT trade_id, seq::text, (extract(epoch FROM traded_at) * 1000)::bigint::text AS traded_at,
      price::text, side, encode(proof, 'hex') AS proof FROM lines WHERE trade_id = 'trade-2500'`),
  );
  expect(rows).toEqual([{ ...line, traded_at: String(line.traded_at) }]);
  await done('verify', '--wait', '60s', '--only', name);
}, 90_000);

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
