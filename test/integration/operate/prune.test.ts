import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerifyReport } from '../../../operate/verify.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { partitionedPositions } from '../../support/partitioned-positions.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

const POSITIONS = 100;
const DAYS = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04'];
const KEPT_FROM = '2026-03-03';

describe('connect prune beside a running sink', () => {
  let sink: SinkFixture;
  let sent = 0;
  beforeAll(async () => {
    sink = await createSinkFixture('prune');
    await sink.deploy();
    for (let round = 0; round < 5; round += 1) for (const day of DAYS) await produce(day);
    // Nothing of these is left after a prune.
    await produce('2026-03-01', 'Old');
  });
  afterAll(() => sink?.test.remove());

  /** One update of each position, at noon. */
  async function produce(day: string, name = 'P'): Promise<void> {
    const messages = Array.from({ length: POSITIONS }, (_, n) => {
      const number = sent + n;
      const changes = {
        position_account: `${name}${n}`,
        slot: BigInt(Date.parse(day) / 1_000 + sent),
        block_time: new Date(`${day}T12:00:00Z`),
      };
      return { key: changes.position_account, value: sink.encode(number, changes) };
    });
    sent += POSITIONS;
    await sink.send(messages);
  }

  const connect = (words: string) => runInProcess(words.split(' '), { cwd: sink.test.root, env: sink.test.env });

  async function verify(): Promise<{ code: number; report: VerifyReport }> {
    const { code, stdout, stderr } = await connect('verify --only positions --wait 60s -o json');
    if (stdout === '') throw new Error(stderr);
    return { code, report: (JSON.parse(stdout) as { streams: [VerifyReport] }).streams[0] };
  }
  /** Without the generation, which a second delivery may raise. */
  const rollup = async (where = 'true') =>
    (await sink.query(`SELECT * FROM position_days WHERE ${where} ORDER BY position_account, day`)).map(
      ({ generation: _, ...row }) => row,
    );

  it('says what would go, and asks; then nothing is deleted', async () => {
    expect(await verify()).toMatchObject({
      code: 0,
      report: { rows: sent, keptFrom: null, olderRecords: 0, repeated: 0 },
    });
    const planned = await connect(`prune positions --before ${KEPT_FROM} --dry-run`);
    expect(planned.stdout).toContain(`- positions   1,100 rows of public.positions before ${KEPT_FROM} (UTC)`);
    const asked = await connect(`prune positions --before ${KEPT_FROM}`);
    expect(asked).toMatchObject({ code: 64, stderr: expect.stringContaining('not confirmed') });
    const future = await connect('prune positions --before 2999-01-01 --yes');
    expect(future).toMatchObject({ code: 64, stderr: expect.stringContaining('2999-01-01 is in the future') });
    expect(await verify()).toMatchObject({ code: 0, report: { rows: sent, keptFrom: null } });
  });

  it('deletes what is older while the sink writes; days stay, and verify says what it could compare', async () => {
    const older = await rollup(`day < '${KEPT_FROM}'`);
    const stillCurrent = await rollup('is_current');
    let pruned = false;
    const producing = (async () => {
      while (!pruned) await produce('2026-03-05');
    })();
    const { code, stdout } = await connect(`prune positions --before ${KEPT_FROM} --yes -o json`).finally(() => {
      pruned = true;
    });
    await producing;
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 0,
      streams: [{ stream: 'positions', table: 'public.positions', keptFrom: KEPT_FROM, rows: 1_100, deleted: 1_100 }],
    });
    expect(await verify()).toMatchObject({
      code: 0,
      report: { records: sent, rows: sent - 1_100, keptFrom: KEPT_FROM, olderRecords: 1_100, missing: 0, notFolded: 0 },
    });
    const marks = (rows: Record<string, unknown>[]) => rows.map((row) => ({ ...row, is_current: undefined }));
    expect(marks(await rollup(`day < '${KEPT_FROM}'`))).toEqual(marks(older));
    // Positions without any row of history.
    const old = stillCurrent.filter(({ position_account }) => String(position_account).startsWith('Old'));
    expect(await rollup(`is_current AND position_account LIKE 'Old%'`)).toEqual(old);
    expect(old).toHaveLength(POSITIONS);
    expect((await connect('verify --only positions')).stdout).toContain(
      `kept       from ${KEPT_FROM} (UTC); 1,100 older records`,
    );
  });

  it('is repeated without harm, and a rebuild keeps the older days', async () => {
    const before = await rollup();
    expect((await connect(`prune positions --before ${KEPT_FROM} --yes`)).stdout).toContain('✓ positions   0 rows');
    await sink.query(`UPDATE position_days SET margin = margin + 1 WHERE day = '2026-03-04'`);
    expect(await verify()).toMatchObject({ code: 3, report: { notFolded: POSITIONS } });
    expect((await connect('rebuild positions')).code).toBe(0);
    expect(await rollup()).toEqual(before);
  });

  it('records that are read again bring older rows back, which change no day; verify leaves them out, and a prune takes them', async () => {
    const before = await rollup();
    for (const words of ['stop positions', 'offsets reset positions --to earliest --yes', 'resume positions'])
      expect(await connect(words)).toMatchObject({ code: 0 });
    expect(await verify()).toMatchObject({ code: 0, report: { rows: sent - 1_100, olderRecords: 1_100 } });
    expect(await sink.query('SELECT count(*)::int AS rows FROM positions')).toEqual([{ rows: sent }]);
    const withoutIds = (rows: Record<string, unknown>[]) => rows.map((row) => ({ ...row, history_id: undefined }));
    expect(withoutIds(await rollup())).toEqual(withoutIds(before));
    expect((await connect(`prune positions --before ${KEPT_FROM} --yes`)).stdout).toContain('✓ positions   1,100 rows');
    expect(await verify()).toMatchObject({ code: 0 });
  });

  it('is refused for a table in partitions, with the way to go', async () => {
    await connect('stop positions');
    await sink.query(`TRUNCATE positions; ${partitionedPositions('2026-03-01', 5)}`);
    const refused = await connect(`prune positions --before ${KEPT_FROM} --yes`);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('connect partitions apply') });
  });
});
