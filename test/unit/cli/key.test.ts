import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInProcess } from '../../support/in-process-cli.ts';
import { PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';
import { copyProject } from '../../support/project.ts';

describe('connect key migration', { timeout: PGLITE_TIMEOUT_MS }, () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'perps-connect-key-'));
    copyProject(root);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const run = (...words: string[]) => runInProcess(words, { cwd: root });
  function define(stream: string, key: string, from = '[position_account, signature]'): void {
    const path = join(root, 'connectors', `${stream}.yaml`);
    const text = readFileSync(path, 'utf8');
    const changed = text.replace(`key: ${from}`, `key: ${key}`);
    expect(changed).not.toBe(text);
    writeFileSync(path, changed);
  }

  it('writes what the table lacks of the key that the definition names; check asks for it, and passes then', async () => {
    define('positions', '[slot, position_account, signature]');
    define('funding_payments', '[slot, position_account, signature]');
    const asked = await run('check');
    expect(asked.code).toBe(3);
    expect(asked.stdout).toContain('`connect key migration positions` writes the migration');

    const written = await run('key', 'migration', 'positions', '-o', 'json');
    expect(written.code, written.stderr).toBe(0);
    const { path, ...said } = JSON.parse(written.stdout);
    expect(said).toEqual({
      stream: 'positions',
      table: 'public.positions',
      key: ['slot', 'position_account', 'signature'],
      formerKey: ['signature', 'position_account'],
      lookups: [{ column: 'signature', method: 'hash' }],
    });
    expect(path).toMatch(/^migrations\/\d{4}_key_positions\.sql$/);
    const sql = readFileSync(join(root, path), 'utf8');
    expect(sql).toContain(
      'positions_slot_position_account_signature_key ON public.positions (slot, position_account, signature)',
    );
    expect(sql).toContain("COMMENT ON INDEX public.idx_unique_signature_position IS 'Upsert key of the sink;");

    const other = await run('key', 'migration', 'funding_payments');
    expect(other.stdout).toContain('rows by position_account are found by a btree index of their own');
    expect(other.stdout).toContain('rows by signature are found by a hash index of their own');
    expect(await run('check')).toMatchObject({ code: 0 });

    const again = await run('key', 'migration', 'positions');
    expect(again.code).toBe(64);
    expect(again.stderr).toContain('has a unique index on (slot, position_account, signature) already');
    expect(again.stderr).toContain(path);

    // Back, where the migration has landed.
    define('positions', '[position_account, signature]', '[slot, position_account, signature]');
    const back = await run('key', 'migration', 'positions', '-o', 'json');
    expect(JSON.parse(back.stdout)).toMatchObject({
      formerKey: ['slot', 'position_account', 'signature'],
      lookups: [],
    });
    expect(await run('check')).toMatchObject({ code: 0 });
  });

  it('refuses where there is nothing to do, and what has a command of its own, and says what to do', async () => {
    const nothing = await run('key', 'migration', 'positions');
    expect(nothing).toMatchObject({ code: 64, stderr: expect.stringContaining('idx_unique_signature_position') });
    expect(nothing.stderr).toContain('change table.key in connectors/positions.yaml first');
    const unknown = await run('key', 'migration', 'trades');
    expect(unknown).toMatchObject({ code: 64, stderr: expect.stringContaining('no stream "trades"') });
    define('positions', '[position_account, signature, block_time]\n  partition: { by: block_time, every: day }');
    const partitioned = await run('key', 'migration', 'positions');
    expect(partitioned).toMatchObject({ code: 64, stderr: expect.stringContaining('connect partitions migration') });
  });

  it('does not guess which of several unique indexes was the key', async () => {
    define('positions', '[slot, position_account, signature]');
    writeFileSync(
      join(root, 'migrations', '9000_more.sql'),
      '-- Up Migration\nCREATE UNIQUE INDEX other_key ON positions (signature);\n-- Down Migration\nDROP INDEX other_key;\n',
    );
    const several = await run('key', 'migration', 'positions');
    expect(several.code).toBe(64);
    expect(several.stderr).toContain(
      'idx_unique_signature_position (signature, position_account), other_key (signature)',
    );
    expect((await run('check', '--only', 'positions')).stdout).not.toContain('connect key migration');
  });

  it('a migration of partitions builds the index of a key anew that begins with another column, and gives the former back', async () => {
    define('positions', '[slot, position_account, signature, block_time]\n  partition: { by: block_time, every: day }');
    const written = await run('partitions', 'migration', 'positions', '-o', 'json');
    expect(written.code, written.stderr).toBe(0);
    const { path, ...said } = JSON.parse(written.stdout);
    expect(said).toEqual({
      stream: 'positions',
      table: 'public.positions',
      lookups: [{ column: 'signature', method: 'hash' }],
    });
    const [up = '', down = ''] = readFileSync(join(root, path), 'utf8').split('-- Down Migration');
    expect(up).toContain(
      'positions_slot_position_account_signature_block_time_key ON public.positions (slot, position_account, signature, block_time)',
    );
    expect(down).toContain('IF NOT EXISTS idx_unique_signature_position');
    expect(await run('check', '--only', 'positions')).toMatchObject({ code: 0 });

    // The same columns in the order of the index that is there: it only gains one.
    rmSync(join(root, path));
    define('positions', '[position_account, signature, block_time]', '[slot, position_account, signature, block_time]');
    const longer = await run('partitions', 'migration', 'positions', '-o', 'json');
    expect(JSON.parse(longer.stdout)).toMatchObject({ path, lookups: [] });
    expect(readFileSync(join(root, path), 'utf8')).not.toContain('the index of the key');
  });
});
