import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RebuildReport } from '../../../operate/rebuild-rollup.ts';
import type { VerifyReport } from '../../../operate/verify.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

const BEFORE = 2_000;
const BATCH = 200;

describe('connect rebuild beside a running sink', () => {
  let sink: SinkFixture;
  let sent = 0;
  beforeAll(async () => {
    sink = await createSinkFixture('rebuild');
    await sink.deploy();
    await produce(BEFORE);
  });
  afterAll(() => sink?.test.remove());

  async function produce(count: number): Promise<void> {
    await sink.produce(count, sent);
    sent += count;
  }

  const connect = (words: string, signal?: AbortSignal) =>
    runInProcess(words.split(' '), {
      cwd: sink.test.root,
      env: sink.test.env,
      ...(signal === undefined ? {} : { signal }),
    });

  async function verify(): Promise<{ code: number; report: VerifyReport }> {
    const { code, stdout, stderr } = await connect('verify --only positions --wait 60s -o json');
    if (stdout === '') throw new Error(stderr);
    return { code, report: (JSON.parse(stdout) as { streams: [VerifyReport] }).streams[0] };
  }

  it('makes a damaged rollup exact; verify proves it before and after', async () => {
    expect(await verify()).toMatchObject({ code: 0, report: { foldRows: sent, notFolded: 0 } });
    await sink.query(`UPDATE position_days SET margin = margin + 0.000001 WHERE position_index < 3`);
    await sink.query('DELETE FROM position_days WHERE position_index = 10');
    const damaged = await verify();
    expect(damaged).toMatchObject({ code: 3, report: { notFolded: 4, missing: 0, unequal: 0 } });
    expect(damaged.report.samples.map(({ message }) => message).join()).toContain(
      'public.position_days does not hold what the history gives for 4; run `connect rebuild`',
    );

    let rebuilt = false;
    const producing = (async () => {
      while (!rebuilt) await produce(BATCH);
    })();
    const { code, stdout } = await connect('rebuild --only positions -o json').finally(() => {
      rebuilt = true;
    });
    await producing;
    const { streams } = JSON.parse(stdout) as { streams: RebuildReport[] };
    expect({ code, streams }).toMatchObject({ code: 0, streams: [{ fold: 'public.position_days', wrong: 4 }] });
    expect(await verify()).toMatchObject({ code: 0, report: { rows: sent, foldRows: sent, notFolded: 0 } });
  });

  it('fills an empty rollup; what it had done when it was interrupted stays, and it ends what is left', async () => {
    await sink.query('TRUNCATE position_days');
    const abort = new AbortController();
    const rollupRows = async () => Number((await sink.query('SELECT count(*) AS rows FROM position_days'))[0]?.rows);
    const watching = (async () => {
      while (!abort.signal.aborted) if ((await rollupRows()) > 0) abort.abort();
    })();
    const interrupted = await connect('rebuild --only positions', abort.signal);
    abort.abort();
    await watching;
    if (interrupted.code !== 0) expect(await rollupRows()).toBeGreaterThan(0);
    expect((await connect('rebuild')).stdout).toMatch(/✓ positions {3}public.position_days: [\d,]+ identities/);
    expect(await verify()).toMatchObject({ code: 0, report: { foldRows: sent, notFolded: 0 } });
  });
});
