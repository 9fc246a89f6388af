import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOracleWriter, type OracleEntry, readOracle } from '../../../../producer/simulator/oracle.ts';
import { generate } from '../../../support/generated-market.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oracle-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function entriesOf(path: string): Promise<OracleEntry[]> {
  const entries: OracleEntry[] = [];
  for await (const entry of readOracle(path)) entries.push(entry);
  return entries;
}

const encode = () => Buffer.from('abc');
// The digest of "abc" as FIPS 180-4 gives it.
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

describe('the oracle', () => {
  it('writes every value as text that can be compared to the last digit, and the hash of a message to be refused', async () => {
    const path = join(folder, 'new', 'oracle.ndjson');
    const oracle = await createOracleWriter(path, encode);
    const record = {
      signature: 'a"b',
      slot: 2n ** 63n,
      block_time: new Date(0),
      side: 99,
      size: '-0.10000000',
      leverage: 3,
      note: null,
    };
    oracle.append({ seq: 1, expect: 'rejected', record });
    await oracle.close();
    expect(await entriesOf(path)).toEqual([
      {
        seq: '1',
        expect: 'rejected',
        update: {
          signature: 'a"b',
          slot: '9223372036854775808',
          block_time: '1970-01-01T00:00:00.000Z',
          side: '99',
          size: '-0.10000000',
          leverage: '3',
          note: null,
        },
        sha256: ABC,
      },
    ]);
  });

  it('keeps everything, however fast it is written, and can be read while it grows', async () => {
    const path = join(folder, 'oracle.ndjson');
    const oracle = await createOracleWriter(path, encode);
    const rows = generate({ seed: 2, updates: 20_000 });
    let held = 0;
    for (const [at, row] of rows.entries()) {
      if (!oracle.append({ seq: at + 1, expect: 'row', record: { ...row } })) {
        held += 1;
        await oracle.drained();
      }
      if (at === 9_999) {
        await oracle.flush();
        expect(await entriesOf(path)).toHaveLength(10_000);
      }
    }
    await oracle.close();
    expect(held).toBeGreaterThan(0);
    const entries = await entriesOf(path);
    expect(entries.map(({ update }) => update.signature)).toEqual(rows.map(({ signature }) => signature));
  });

  it('replaces what was there', async () => {
    const path = join(folder, 'oracle.ndjson');
    await writeFile(path, 'old\n');
    await (await createOracleWriter(path, encode)).close();
    expect(await readFile(path, 'utf8')).toBe('');
  });

  it('says so when it cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(createOracleWriter(join(folder, 'file', 'oracle.ndjson'), encode)).rejects.toMatchObject({
      code: 'ENVIRONMENT',
    });
    await expect(createOracleWriter(folder, encode)).rejects.toMatchObject({ code: 'ENVIRONMENT' });
  });

  it.runIf(process.platform === 'linux')('says so when the disk is full', async () => {
    const oracle = await createOracleWriter('/dev/full', encode);
    const [row] = generate({ seed: 2, updates: 1 });
    oracle.append({ seq: 1, expect: 'row', record: { ...row } });
    await expect(oracle.flush()).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: expect.stringContaining('ENOSPC'),
    });
    expect(() => oracle.append({ seq: 2, expect: 'row', record: { ...row } })).toThrow('/dev/full');
  });

  it('names the line that is none of its own', async () => {
    const path = join(folder, 'oracle.ndjson');
    await writeFile(path, '{"seq":"1","expect":"row","update":{}}\n{"seq":"2","exp');
    await expect(entriesOf(path)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('ndjson:2'),
    });
    await expect(entriesOf(join(folder, 'missing'))).rejects.toMatchObject({ code: 'USAGE' });
  });
});
