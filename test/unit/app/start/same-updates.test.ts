import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { requireSameUpdates } from '../../../../app/start/same-updates.ts';
import { capturedContext } from '../../../support/captured-context.ts';
import { copyProject } from '../../../support/project.ts';
import { scratchFolder } from '../../../support/scratch.ts';

describe('a start that goes on with the simulated updates of the one before', () => {
  let root: string;
  const require = async (seed: number) => {
    const session = await capturedContext({ cwd: root }).context.session({});
    return requireSameUpdates(session, { seed, oracleFolder: join(root, '.connect/oracle') });
  };
  const edit = (path: string, from: string, to: string) => {
    const text = readFileSync(join(root, path), 'utf8');
    expect(text).toContain(from);
    writeFileSync(join(root, path), text.replace(from, to));
  };
  const addToSchema = () =>
    edit(
      'schemas/funding-payment.avsc',
      '  "fields": [',
      '  "fields": [\n    { "name": "fee", "type": ["null", "string"], "default": null },',
    );
  const addToFeed = () =>
    edit('schemas/funding-payment.proto', '  string amount = 8;', '  string amount = 8;\n  optional string fee = 9;');

  beforeEach(async () => {
    root = scratchFolder();
    copyProject(root);
    await require(42);
    for (const stream of ['positions', 'funding_payments'])
      writeFileSync(join(root, `.connect/oracle/${stream}.ndjson`), '');
  });

  it('is refused with another seed, before anything is sent', async () => {
    await expect(require(7)).rejects.toMatchObject({
      code: 'USAGE',
      message:
        'the simulated updates of funding_payments cannot go on: the rows that are there are of seed 42, and not of 7',
      hint: expect.stringContaining('`connect start --fresh`'),
    });
    await require(42);
  });

  it('is refused when the feed has got a field, and not when only the schema has', async () => {
    addToSchema();
    await require(42);
    addToFeed();
    await expect(require(42)).rejects.toThrow(/funding_payments cannot go on: the fields or the key of its feed/);
  });

  it('knows nothing of a start before this version, and takes it for the same', async () => {
    for (const stream of ['positions', 'funding_payments']) rmSync(join(root, `.connect/oracle/${stream}.origin`));
    await require(7);
  });
});
