import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCheckpoint } from '../../../producer/kafka/checkpoint-store.ts';
import type { Simulator } from '../../../producer/simulator/feed-server.ts';
import type { OracleEntry } from '../../../producer/simulator/oracle.ts';
import { runCli, startCli } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import {
  createProducerProject,
  differences,
  type ProducerProject,
  readOracleEntries,
} from '../../support/producer-project.ts';
import { startScriptedFeed } from '../../support/scripted-feed.ts';
import { simulatePositions } from '../../support/simulated-positions.ts';

const UPDATES = 4_000;
const FAULTY = 40;
const RECORDING = { seed: 11, updates: UPDATES, faulty: FAULTY };

let test: ProducerProject;
let feed: Simulator;
/** All that there is, whatever was sent of it so far. */
let oracle: readonly OracleEntry[];
/** Slots that have updates, rising. */
let slots: readonly bigint[];

const slotOf = ({ update }: OracleEntry): bigint => BigInt(update.slot ?? 0);
/** In the slots of the feed; an update whose own slot is impossible stands in that of the one before. */
const upTo = (until: bigint, from = 0n) => {
  let slot = 0n;
  return oracle.filter((entry) => {
    if (slotOf(entry) < 2n ** 63n) slot = slotOf(entry);
    return slot >= from && slot <= until;
  });
};
const portOf = ({ project }: ProducerProject): number => Number(project.environment.feed.address.split(':')[1]);
const slotAt = (share: number): bigint => slots[Math.floor(slots.length * share)] as bigint;

beforeAll(async () => {
  test = await createProducerProject('until');
  const oraclePath = join(test.project.root, 'oracle.ndjson');
  feed = await simulatePositions({ ...RECORDING, oraclePath });
  // A recording is written down as somebody reads it.
  const other = await createProducerProject('until-all');
  await other.run(feed.address);
  await feed.done;
  oracle = await readOracleEntries(oraclePath);
  const sent = oracle.filter(({ expect: wanted }) => wanted === 'row').map(slotOf);
  slots = [...new Set(sent)].sort((a, b) => Number(a - b));
  await other.project.remove();
});
afterAll(async () => {
  await feed?.close();
  await test?.project.remove();
});

it('publishes everything up to the slot and nothing beyond, and the next producer goes on behind it', async () => {
  const until = slotAt(0.4);
  const summary = await test.run(feed.address, { untilSlot: until, endWithFeed: false });
  expect(summary).toMatchObject({ endedBy: 'until-slot', missing: [], gaps: [], lastSlot: until + 1n });
  expect(summary.received).toBe(upTo(until).length);
  expect(differences(upTo(until), await test.published(), await test.rejected())).toEqual([]);
  expect(await test.checkpoint()).toMatchObject({ slot: until + 1n });

  // Once more: nothing is left to do, and the feed is not asked.
  const again = await test.run('127.0.0.1:1', { untilSlot: until });
  expect(again).toMatchObject({ endedBy: 'until-slot', missing: [], received: 0, lastSlot: until + 1n });

  await test.run(feed.address);
  expect(differences(oracle, await test.published(), await test.rejected())).toEqual([]);
});

it('a checkpoint names where the records of its slots end, and when they were', async () => {
  const { ends, time, slot } = (await test.checkpoint()) ?? {};
  const published = await test.published();
  const highest = [0, 1, 2, 3].map((partition) =>
    published.reduce((end, one) => (one.partition === partition && one.offset >= end ? one.offset + 1n : end), 0n),
  );
  expect(ends).toEqual(highest);
  const times = upTo((slot ?? 0n) - 1n)
    .filter(({ expect: wanted }) => wanted === 'row')
    .map(({ update }) => String(update.block_time));
  expect(time).toBe(times.sort().at(-1));
});

it('a backfill beside a producer leaves its resume point alone; killed in the middle it goes on where it was, and is exact', async () => {
  const [from, until] = [slotAt(0.1), slotAt(0.9)];
  const live = await test.checkpoint();
  const own = await createProducerProject('backfill');
  const slow = await simulatePositions({ ...RECORDING, ratePerSecond: 1_000, port: portOf(own) });
  const options = { cwd: own.project.root, env: own.project.env };
  const flags = ['--only', 'positions', '--from-slot', `${from}`, '--until-slot', `${until}`, '-o', 'json'];
  const backfill = () => startCli(['produce', ...flags], options);
  // The producer that runs live has its place behind the slots of the backfill.
  await own.run(feed.address);
  const place = await own.checkpoint();
  const before = (await own.published()).length;

  const first = backfill();
  await eventually(async () => expect((await own.published()).length).toBeGreaterThan(before + 1_500), {
    timeoutMs: 60_000,
  });
  first.child.kill('SIGKILL');
  await first.ended;
  const name = `backfill/${from}-${until}`;
  const middle = await readCheckpoint(own.kafka, own.stream, { clientId: 'test', name });
  expect(middle?.slot).toBeLessThan(until);

  const second = await backfill().ended;
  expect(second.code).toBe(0);
  const [summary] = (JSON.parse(second.stdout) as { streams: { received: number; missing: object[] }[] }).streams;
  expect(summary?.missing).toEqual([]);
  expect(summary?.received).toBeLessThan(upTo(until, from).length);
  const sent = (await own.published()).filter(({ offset, partition }) => offset >= (place?.ends?.[partition] ?? 0n));
  const wanted = upTo(until, from).filter(({ expect: kind }) => kind === 'row');
  const identity = (row: Readonly<Record<string, string | null>>) => `${row.position_account} ${row.signature}`;
  const found = new Set(sent.map(({ row }) => identity(row)));
  expect(wanted.filter(({ update }) => !found.has(identity(update)))).toEqual([]);
  expect(sent.filter(({ row }) => BigInt(row.slot ?? 0) > until)).toEqual([]);
  expect(differences(oracle, await own.published(), await own.rejected())).toEqual([]);
  expect(await own.checkpoint()).toEqual(place);
  expect(await test.checkpoint()).toEqual(live);
  await slow.close();
  await own.project.remove();
}, 180_000);

it('says which slots are missing when the feed ends, or has dropped them', async () => {
  const last = slots.at(-1) as bigint;
  const ended = await test.run(feed.address, { fromSlot: slotAt(0.9), untilSlot: last + 100n });
  expect(ended).toMatchObject({ endedBy: 'feed', missing: [{ from: last, to: last + 100n }] });

  const scripted = await startScriptedFeed({
    window: () => ({ earliest: 1_000n, latest: 1_200n }),
    play: (call) => {
      for (let slot = call.fromSlot ?? 0n; slot <= 1_200n; slot += 1n) call.slot(slot);
    },
  });
  const run = (more: object) => test.run(scripted.address, { endWithFeed: false, ...more });
  await expect(run({ fromSlot: 900n, untilSlot: 1_100n })).rejects.toMatchObject({
    code: 'UNSAFE',
    message: expect.stringContaining('slots 900 to 999 would be missing'),
  });
  const gap = { from: 900n, to: 999n };
  const accepted = await run({ fromSlot: 900n, untilSlot: 1_100n, acceptGap: true });
  expect(accepted).toMatchObject({ endedBy: 'until-slot', missing: [gap], gaps: [gap] });
  // Only what the job is about counts.
  expect(await run({ fromSlot: 500n, untilSlot: 998n, acceptGap: true })).toMatchObject({
    missing: [{ from: 500n, to: 998n }],
  });
  scripted.close();
});

it('a feed that begins behind the end of the run has nothing for it', async () => {
  const fresh = await createProducerProject('behind');
  const scripted = await startScriptedFeed({ window: () => ({ earliest: 50n, latest: 60n }), play: () => {} });
  await expect(fresh.run(scripted.address, { untilSlot: 40n })).rejects.toMatchObject({
    code: 'UNSAFE',
    message: expect.stringContaining('replays from slot 50 on'),
  });
  scripted.close();
  await fresh.project.remove();
});

it('the command ends with 3 when it is not complete, and refuses an end before its start', async () => {
  const options = { cwd: test.project.root, env: test.project.env };
  const other = await simulatePositions({ ...RECORDING, port: portOf(test) });
  const command = (...flags: string[]) => runCli(['produce', '--only', 'positions', ...flags], options);
  const last = slots.at(-1) as bigint;
  const short = await command('--from-slot', `${slotAt(0.9)}`, '--until-slot', `${last + 5n}`, '--end-with-feed');
  expect([short.code, short.stdout]).toEqual([
    3,
    expect.stringContaining(`slots ${last} to ${last + 5n} are not in Kafka`),
  ]);
  const wrong = await command('--from-slot', '20', '--until-slot', '10');
  expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('ends before it begins')]);
  await other.close();
});
