import { expect, test } from 'vitest';
import { runMigrations } from '../../../contract/migrated-catalog.ts';
import { withSandbox } from '../../../contract/sandbox.ts';

const failureOf = async (sql: string, statementMs: number) => {
  const script = { file: 'migrations/0009_slow.sql', sql, firstLine: 1 };
  // Node 24 takes some 500 MiB for a second, to compile what runs often.
  const limits = { statementMs, totalMs: 60_000, bytes: 768 << 20 };
  return (await withSandbox((sandbox) => runMigrations(sandbox, [script]), limits)).failure;
};

test('SQL that does not end is ended, and its file and line are named', { timeout: 120_000 }, async () => {
  expect(await failureOf('SELECT 1;\n\nSELECT count(*) FROM generate_series(1, 1e12);', 2_000)).toEqual({
    place: expect.objectContaining({ file: 'migrations/0009_slow.sql', line: 3 }),
    message: 'it does not end within 2 s on an empty database',
    isLimit: true,
  });
});

test('SQL that takes all memory is ended', { timeout: 120_000 }, async () => {
  const texts = Array.from({ length: 6 }, (_one, index) => `repeat('${index}', 300000000)`);
  expect(await failureOf(`SELECT ${texts.join(', ')};`, 50_000)).toMatchObject({
    place: { file: 'migrations/0009_slow.sql', line: 1 },
    message: expect.stringMatching(/^it takes more than 768 MiB of memory/),
  });
});
