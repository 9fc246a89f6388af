import { expect, it } from 'vitest';
import { leafCommands } from '../../support/command-tree.ts';
import { describedCommands, requireDescribed } from '../../support/output-schemas.ts';

/** Commands that print no document, and why. */
const WITHOUT_JSON: Readonly<Record<string, string>> = {
  start: 'the tour for people; each of its steps has a command of its own',
  logs: "prints a part's log as it is",
  completion: 'prints a script for a shell',
  'msk-alarms': 'prints a template for CloudFormation or Terraform',
  psql: 'is the terminal of the database',
  __complete: 'answers that script',
};

const commands = leafCommands().map(({ path, command }) => ({ name: path.join('-'), command }));

it.each(commands)(
  '$name prints JSON on request, and its schema is published, or it says why not',
  ({ name, command }) => {
    const hasJson = command.options.some(({ short }) => short === '-o');
    if (WITHOUT_JSON[name] !== undefined) expect([hasJson, describedCommands().includes(name)]).toEqual([false, false]);
    else expect([hasJson, describedCommands().includes(name)]).toEqual([true, true]);
  },
);

it('no schema is of a command that is gone', () => {
  const names = commands.map(({ name }) => name);
  expect(describedCommands().filter((name) => !names.includes(name))).toEqual([]);
});

it('a key that is missing, not described, or of another type is found', () => {
  const good = { environment: 'local', applied: [{ name: '0001_x', at: '2026-01-01T00:00:00Z' }], pending: [] };
  const args = ['migrate', 'status', '-o', 'json'];
  requireDescribed(args, JSON.stringify(good));
  const { pending: _left, ...missing } = good;
  for (const wrong of [missing, { ...good, more: 1 }, { ...good, pending: 'none' }]) {
    expect(() => requireDescribed(args, JSON.stringify(wrong))).toThrow('not as cli/output-schemas says');
  }
});

it('an error is described as well', () => {
  const error = { code: 'USAGE', message: 'no stream "x"', hint: 'streams: positions', details: {} };
  requireDescribed(['status', '-o', 'json'], JSON.stringify({ error }));
  expect(() => requireDescribed(['status', '-o', 'json'], JSON.stringify({ error: 'x' }))).toThrow('not as');
});
