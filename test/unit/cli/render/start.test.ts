import { expect, test } from 'vitest';
import { startReporter } from '../../../../cli/render/start.ts';
import { packageRoot } from '../../../../core/package-root.ts';
import { loadProject } from '../../../../pipeline/load.ts';
import { capturedContext } from '../../../support/captured-context.ts';

const environment = Object.values(loadProject(packageRoot(), {}).environments).find(({ name }) => name === 'local');
if (environment === undefined) throw new Error('the project has no environment local');
const words = { updates: 50_000, seed: 42, hasPsql: true, streams: ['positions', 'funding_payments'] };
const counts = { sent: 1_200, published: 1_100, rejected: 1, rows: 900, rowsPerSecond: 899.6 };
const LINE = 'sent 1,200  in Kafka 1,100 + 1 refused  in PostgreSQL 900  lag 200  900 rows/s';

test('a step has a heading, and the live line is a line each time without a terminal', async () => {
  const { context, said } = capturedContext();
  const report = startReporter(context, environment, words);
  report.onStep('produce');
  report.onCounts(counts);
  report.onCounts(counts);
  const sent = '50,000 updates of each of positions, funding_payments: 100,000 in all';
  expect(said.stderr).toBe(`\n── simulate and produce ${sent}\n${LINE}\n${LINE}\n`);
});

test('one stream is named without a sum', () => {
  const { context, said } = capturedContext();
  startReporter(context, environment, { ...words, streams: ['positions'] }).onStep('produce');
  expect(said.stderr).toBe('\n── simulate and produce 50,000 updates of positions\n');
});

test('on a terminal the live line is redrawn, and what follows begins on a new line', async () => {
  const { context, said } = capturedContext({ isTty: true });
  const report = startReporter(context, environment, words);
  report.onCounts(counts);
  report.onCounts(counts);
  report.onStep('verify');
  expect(said.stderr).toBe(`\r\u001b[2K${LINE}\r\u001b[2K${LINE}\n\n── verify\n`);
});

test('at last it shows the newest rows and where to connect, without a password', async () => {
  const { context, said } = capturedContext();
  const report = startReporter(context, environment, words);
  const columns = ['owner', 'size'];
  const rows = [['4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T', '1.5']];
  report.onSamples([{ view: 'current_positions', columns, rows }]);
  expect(said.stdout).toContain('\ncurrent_positions, newest 1:\n  owner          size\n  4Nd1mBQt…DB4T  1.5\n');
  expect(said.stdout).toMatch(
    /PostgreSQL {2}127\.0\.0\.1:\d+, database perps, user perps_worker\n {12}`connect psql` {3}\(psql\)\n/,
  );
  expect(said.stdout).toContain('(seed 42)\n');
});
