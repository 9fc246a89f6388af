import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initStream } from '../../../app/init-stream.ts';
import { checkContract } from '../../../contract/check.ts';
import { loadProject } from '../../../pipeline/load.ts';
import { capturedContext } from '../../support/captured-context.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { copyProject } from '../../support/project.ts';

describe('connect init stream', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'perps-connect-init-'));
    copyProject(root);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('writes a stream that passes the contract check, with the next free migration number', {
    timeout: 120_000,
  }, async () => {
    const paths = initStream(capturedContext({ cwd: root }).context, 'insurance_fund_flows');
    const numbers = readdirSync(join(root, 'migrations')).filter((name) => /^\d{4}_/.test(name));
    expect(paths).toEqual([
      'connectors/insurance_fund_flows.yaml',
      'schemas/insurance-fund-flows.proto',
      'schemas/insurance-fund-flows.avsc',
      `migrations/${numbers.at(-1)}`,
    ]);
    expect(paths[3]).toMatch(/^migrations\/\d{4}_insurance_fund_flows\.sql$/);
    const project = loadProject(root, {});
    expect(project.streams.map(({ name }) => name)).toContain('insurance_fund_flows');
    expect(await checkContract(project)).toEqual([]);
  });

  it('marks corrected rows and grants rights where the migrations have the functions for it, and leaves that out in an older project', async () => {
    const { context } = capturedContext({ cwd: root });
    const sqlOf = (name: string) => readFileSync(join(root, String(initStream(context, name).at(-1))), 'utf8');
    const made = sqlOf('trades');
    expect(made).toMatch(/corrected_at {4}TIMESTAMP\n\);[\s\S]*EXECUTE FUNCTION unmark_correction\(\);/);
    expect(made).toContain("SELECT grant_stream_rights('trades');\n\n-- Down");
    for (const name of readdirSync(join(root, 'migrations')))
      if (/^000[679]_/.test(name)) rmSync(join(root, 'migrations', name));
    const older = sqlOf('swaps');
    expect(older).toContain('EXECUTE FUNCTION keep_newest_delivery();\n\n-- Down');
    expect(older).not.toMatch(/correct|grant/);
  });

  it('brings the base proto and the guard functions into a project that has neither, and `check` knows their bodies', {
    timeout: 120_000,
  }, async () => {
    for (const folder of ['connectors', 'schemas', 'migrations']) rmSync(join(root, folder), { recursive: true });
    const { context } = capturedContext({ cwd: root });
    expect(initStream(context, 'trades')).toEqual([
      'schemas/feed.proto',
      'migrations/0001_delivery_guards.sql',
      'connectors/trades.yaml',
      'schemas/trades.proto',
      'schemas/trades.avsc',
      'migrations/0002_trades.sql',
    ]);
    expect(initStream(context, 'fills').at(-1)).toBe('migrations/0003_fills.sql');
    expect(await checkContract(loadProject(root, {}))).toEqual([]);
    const guards = join(root, 'migrations', '0001_delivery_guards.sql');
    writeFileSync(guards, readFileSync(guards, 'utf8').replace('NEW.kafka_offset < OLD', 'NEW.kafka_offset <= OLD'));
    expect(await checkContract(loadProject(root, {}), { only: ['trades'] })).toMatchObject([
      {
        rule: 'TABLE_FUNCTION',
        file: 'migrations/0001_delivery_guards.sql',
        path: 'keep_newest_delivery',
        remedy: expect.stringContaining('`connect upgrade`'),
      },
    ]);
  });

  it('prints the files as JSON on request', async () => {
    const { stdout } = await runInProcess(['init', 'stream', 'trades', '-o', 'json'], { cwd: root });
    expect(JSON.parse(stdout)).toMatchObject({
      stream: 'trades',
      files: expect.arrayContaining(['schemas/trades.avsc']),
    });
  });

  it.each(['Trades', 'trades-eu', '1trades', 'trades_', ''])('refuses "%s" as a name', (name) => {
    expect(() => initStream(capturedContext({ cwd: root }).context, name)).toThrow(/cannot name a stream/);
  });

  it('refuses the name of a stream that is there', () => {
    expect(() => initStream(capturedContext({ cwd: root }).context, 'positions')).toThrow(/stream positions already/);
  });

  it('writes nothing when one of the files is there', () => {
    writeFileSync(join(root, 'schemas', 'trades.avsc'), '{}');
    expect(() => initStream(capturedContext({ cwd: root }).context, 'trades')).toThrow(
      /schemas\/trades\.avsc exists already/,
    );
    expect(readdirSync(join(root, 'connectors'))).not.toContain('trades.yaml');
  });
});
