import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerifyReport } from '../../../operate/verify.ts';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { partitionedPositions } from '../../support/partitioned-positions.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

const POSITIONS = 50;
const DAYS = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04'];
const KEPT_FROM = '2026-03-03';

describe('a history in partitions of a day', () => {
  let sink: SinkFixture;
  let sent = 0;
  beforeAll(async () => {
    sink = await createSinkFixture('partitioned');
    const { root } = sink.test;
    writeFileSync(
      join(root, 'migrations', '0099_partitions.sql'),
      `-- Up Migration\n${partitionedPositions('2026-03-01', 4)};\n-- Down Migration\nSELECT 1;\n`,
    );
    const definition = join(root, 'connectors', 'positions.yaml');
    writeFileSync(
      definition,
      readFileSync(definition, 'utf8').replace(
        /^ {2}key: \[ ?position_account, signature ?\]$/m,
        '  key: [position_account, signature, block_time]\n  partition: { by: block_time, every: day }',
      ),
    );
    for (const words of ['migrate up', 'deploy positions --yes']) {
      const { code, stdout, stderr } = await connect(words);
      if (code !== 0) throw new Error(stdout + stderr);
    }
    for (const day of DAYS) await produce(day);
  }, 120_000);
  afterAll(() => sink?.test.remove());

  const connect = (words: string) => runInProcess(words.split(' '), { cwd: sink.test.root, env: sink.test.env });
  const changesOf = (number: number, day: string) => ({
    position_account: `P${number % POSITIONS}`,
    slot: BigInt(Date.parse(day) / 1_000 + number),
    block_time: new Date(`${day}T12:00:00Z`),
  });

  async function produce(day: string): Promise<void> {
    const numbers = Array.from({ length: POSITIONS }, (_, n) => sent + n);
    sent += POSITIONS;
    await sink.send(numbers.map((n) => ({ key: `P${n % POSITIONS}`, value: sink.encode(n, changesOf(n, day)) })));
  }

  async function verify(): Promise<{ code: number; report: VerifyReport }> {
    const { code, stdout, stderr } = await connect('verify positions --wait 60s -o json');
    if (stdout === '') throw new Error(stderr);
    return { code, report: (JSON.parse(stdout) as { streams: [VerifyReport] }).streams[0] };
  }
  const rollup = () => sink.query('SELECT position_account, day, is_current, slot FROM position_days ORDER BY 1, 2');

  it('is exact; an identity that comes again with another time is counted', async () => {
    expect(await verify()).toMatchObject({ code: 0, report: { records: sent, rows: sent, repeated: 0, notFolded: 0 } });
    const again = { ...changesOf(sent - 1, '2026-03-04'), block_time: new Date('2026-03-04T12:00:01Z') };
    await sink.send([{ key: again.position_account, value: sink.encode(sent - 1, again) }]);
    expect(await verify()).toMatchObject({ code: 0, report: { rows: sent + 1, repeated: 1, notFolded: 0 } });
    expect((await connect('verify positions')).stdout).toContain('repeated   1 identities have several rows');
  });

  it('loses partitions and keeps their days; verify, rebuild and records that are read again know it', async () => {
    const before = await rollup();
    await sink.query(`BEGIN; SELECT keep_history_from('positions', '${KEPT_FROM}');
      ALTER TABLE positions DETACH PARTITION positions_p20260301; ALTER TABLE positions DETACH PARTITION positions_p20260302; COMMIT;
      DROP TABLE positions_p20260301, positions_p20260302`);
    const older = 2 * POSITIONS;
    const kept = {
      code: 0,
      report: { rows: sent + 1 - older, keptFrom: KEPT_FROM, olderRecords: older, notFolded: 0 },
    };
    expect(await rollup()).toEqual(before);
    expect(await verify()).toMatchObject(kept);

    await sink.query(`UPDATE position_days SET margin = margin + 1 WHERE day = '2026-03-04'`);
    await sink.query(`DELETE FROM position_days WHERE day = '2026-03-03'`);
    expect(await verify()).toMatchObject({ code: 3, report: { notFolded: POSITIONS } });
    expect((await connect('rebuild positions')).code).toBe(0);
    expect(await rollup()).toEqual(before);

    for (const words of ['stop positions', 'offsets reset positions --to earliest --yes', 'resume positions'])
      expect(await connect(words)).toMatchObject({ code: 0 });
    expect(await verify()).toMatchObject(kept);
    expect(await rollup()).toEqual(before);
    expect(await sink.query('SELECT count(*)::int AS rows FROM positions_default')).toEqual([{ rows: older }]);
  });

  it('is where quarantine finds the record that PostgreSQL refuses', async () => {
    const bad = sink.encode(9_000, { ...changesOf(9_000, '2026-03-04'), symbol: 'X'.repeat(21) });
    await sink.send([{ key: 'P0', value: bad }]);
    await produce('2026-03-04');
    await eventually(
      async () => {
        expect((await connect('status positions')).stdout).toContain('FAILED');
      },
      { timeoutMs: 60_000 },
    );
    const { code, stdout, stderr } = await connect('quarantine positions --yes');
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringContaining('too long') });
    expect(await verify()).toMatchObject({ code: 0, report: { deadLetters: 1, missing: 0, notFolded: 0 } });
  });
});
