import type { FlowCounts, Sample, StartListener, StartOptions, StartStep } from '../../app/start.ts';
import type { Environment } from '../../pipeline/types.ts';
import type { CliContext } from '../context.ts';
import { count, duration, table } from '../format.ts';
import { createLiveRows } from '../live-rows.ts';
import { deployReporter } from './deploy.ts';
import { migrateReporter } from './migrate.ts';
import { planLines } from './plan.ts';
import { createStackProgress } from './stack.ts';
import { verifyLines } from './verify.ts';

/** What a start's texts say. */
interface StartWords extends Pick<StartOptions, 'updates' | 'seed'> {
  /** Names of the streams that it starts. */
  readonly streams: readonly string[];
  /** Whether this machine has psql. */
  readonly hasPsql: boolean;
}

/** Shows a start: a heading for each step, what happens in it, at last what is in the tables and where to look. */
export function startReporter(context: CliContext, environment: Environment, words: StartWords): StartListener {
  const { note, printText } = context;
  const stack = createStackProgress(context);
  const live = createLiveRows(context);
  return {
    onStep(step) {
      live.end();
      note(`\n── ${titleOf(step, words)}`);
    },
    onStackEvent: stack.onEvent,
    onReady(tookMs) {
      stack.close();
      note(`ready in ${duration(tookMs)}`);
    },
    // A database of this machine is small: its steps take no time.
    migrate: { ...migrateReporter(context, '+'), onStep: undefined },
    onMigrated(migrations) {
      if (migrations.length === 0) note('nothing to do');
    },
    onRegistered(registrations) {
      for (const { subject, version, level, outcome } of registrations)
        note(`${outcome === 'registered' ? '+' : '='} ${subject}  version ${version}, ${level}`);
    },
    onPlanned: (plan) => note(...planLines(plan)),
    deploy: deployReporter(context, true),
    onCounts: (counts) => live.draw(flowLine(counts)),
    onVerified: (reports) => printText(reports.flatMap(verifyLines)),
    onSamples: (samples) => printText([...samples.flatMap(sampleLines), '', ...addressLines(environment, words)]),
    onStaying: () => note('the stack stays up; Ctrl-C stops it'),
    onStopped: () => note('stopped; the data is kept for the next start (`--fresh` deletes it)'),
  };
}

function titleOf(step: StartStep, { updates, streams }: StartWords): string {
  if (step !== 'produce') return step;
  const each = `simulate and produce ${count(updates)} updates of ${streams.length > 1 ? 'each of ' : ''}${streams.join(', ')}`;
  return streams.length > 1 ? `${each}: ${count(updates * streams.length)} in all` : each;
}

/** Sent, in Kafka, in PostgreSQL, lag, rows a second: over all streams. */
const flowLine = ({ sent, published, rejected, rows, rowsPerSecond }: FlowCounts): string =>
  `sent ${count(sent)}  in Kafka ${count(published)} + ${count(rejected)} refused  ` +
  `in PostgreSQL ${count(rows)}  lag ${count(Math.max(0, published - rows))}  ${count(Math.round(rowsPerSecond))} rows/s`;

const sampleLines = ({ view, columns, rows }: Sample): string[] => [
  '',
  `${view}, newest ${rows.length}:`,
  ...table([columns, ...rows.map((row) => row.map(shorten))]).map((line) => `  ${line}`),
];

/** Where to connect. The password is never shown: `connect psql` passes it on. */
const addressLines = ({ database, registry, connect, kafka }: Environment, { seed, hasPsql }: StartWords): string[] => [
  // Neither a URL with a user nor the word password before a colon: output hides what looks like a login.
  `PostgreSQL  ${database.host}:${database.port}, database ${database.name}, user ${database.user}`,
  `            \`connect psql\`   (${hasPsql ? 'psql' : 'a prompt that reads only: psql is not installed'})`,
  `Kafka       ${kafka.brokers.join(', ')}`,
  `Registry    ${registry.url}`,
  `Connect     ${connect.url ?? `MSK Connect in ${connect.region}`}`,
  `again       \`connect verify --oracle .connect/oracle\`   (seed ${seed})`,
];

const shorten = (text: string): string => (text.length > 20 ? `${text.slice(0, 8)}…${text.slice(-4)}` : text);
