import { expect, test } from 'vitest';
import { createLiveRows } from '../../../cli/live-rows.ts';
import { capturedContext } from '../../support/captured-context.ts';
import { screenRows } from '../../support/terminal.ts';

test('three rows in a terminal of 60 columns are cut to it and redrawn in place', () => {
  const { context, said } = capturedContext({ isTty: true, columns: 60 });
  const live = createLiveRows(context);
  const rowsOf = (number: number) => ['a', 'b', 'c'].map((name) => `${name} ${number} ${'x'.repeat(100)}`);
  for (let number = 1; number <= 5; number += 1) live.draw(...rowsOf(number));
  const screen = screenRows(said.stderr, 60);
  expect(screen).toEqual(rowsOf(5).map((row) => `${row.slice(0, 58)}…`));
});

test('what is noted above the rows stays, and the rows go on below it', () => {
  const { context, said } = capturedContext({ isTty: true, columns: 60 });
  const live = createLiveRows(context);
  live.draw('a 1', 'b 1');
  live.erase();
  context.note('the feed was lost');
  live.draw('a 2', 'b 2');
  live.end();
  context.note('done');
  expect(screenRows(said.stderr, 60)).toEqual(['the feed was lost', 'a 2', 'b 2', 'done', '']);
});

test('elsewhere each row is a line, whole', () => {
  const { context, said } = capturedContext();
  createLiveRows(context).draw('a'.repeat(200), 'b');
  expect(said.stderr).toBe(`${'a'.repeat(200)}\nb\n`);
});
