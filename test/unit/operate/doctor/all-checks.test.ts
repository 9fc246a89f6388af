import { expect, test } from 'vitest';
import { allChecks } from '../../../../operate/doctor/all-checks.ts';

test('check names are unique and say the part first', () => {
  const names = allChecks.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+\.[a-z-]+$/);
});
