import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initStream } from '../../../cli/init-stream.ts';
import { checkContract } from '../../../contract/check.ts';
import { loadProject } from '../../../pipeline/load.ts';
import { copyProject } from '../../support/project.ts';

describe('connect init stream', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'perps-connect-init-'));
    copyProject(root);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('writes a stream that passes the contract check, with the next free migration number', async () => {
    const paths = initStream(loadProject(root, {}), 'insurance_fund_flows');
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

  it.each(['Trades', 'trades-eu', '1trades', 'trades_', ''])('refuses "%s" as a name', (name) => {
    expect(() => initStream(loadProject(root, {}), name)).toThrow(/cannot name a stream/);
  });

  it('refuses the name of a stream that is there', () => {
    expect(() => initStream(loadProject(root, {}), 'positions')).toThrow(/stream positions already/);
  });

  it('writes nothing when one of the files is there', () => {
    writeFileSync(join(root, 'schemas', 'trades.avsc'), '{}');
    expect(() => initStream(loadProject(root, {}), 'trades')).toThrow(/schemas\/trades\.avsc exists already/);
    expect(readdirSync(join(root, 'connectors'))).not.toContain('trades.yaml');
  });
});
