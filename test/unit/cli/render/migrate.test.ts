import { expect, it } from 'vitest';
import { migrationLines } from '../../../../cli/render/migrate.ts';

it('a migration that was interrupted between its steps is told, with the command that goes on', () => {
  const applied = [{ name: '0001_a', at: '2026-01-01T00:00:00.000Z' }];
  const begun = { name: '0002_b', direction: 'up' as const, done: 2 };
  expect(migrationLines({ applied, pending: ['0002_b', '0003_c'], begun })).toEqual([
    '= 0001_a  applied 2026-01-01T00:00:00.000Z',
    '+ 0002_b  pending, interrupted after step 2: `connect migrate up` goes on with it',
    '+ 0003_c  pending',
  ]);
});
