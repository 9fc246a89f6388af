import { createPool } from '../../core/postgres.ts';
import { quoteIdentifier } from '../../operate/canonical.ts';
import { databaseConnection } from '../../pipeline/connections.ts';
import type { ProducerStats } from '../../producer/producer-options.ts';
import type { Simulator } from '../../producer/simulator/feed-server.ts';
import { count } from '../format.ts';
import type { StartSession } from './run-start.ts';

const EVERY_MS = 1_000;

/** The live line of a start: sent, in Kafka, in PostgreSQL, lag, rows/s. */
export interface FlowProgress {
  onStats(simulator: Simulator, stats: ProducerStats): void;
  close(): Promise<void>;
}

/** Counts over all streams, once a second. On a terminal the line is redrawn; elsewhere each one stays. */
export async function createFlowProgress(session: StartSession): Promise<FlowProgress> {
  const { context, project, environment, streams } = session;
  const pool = createPool(databaseConnection(environment, context.secrets(project)), 1);
  const latest = new Map<string, { sent: number; stats: ProducerStats }>();
  const countRows = async (): Promise<number> => {
    const counts = streams.map(({ table }) => `(SELECT count(*) FROM ${quoteIdentifier(table.name)})`);
    const { rows } = await pool.query<{ n: string }>(`SELECT ${counts.join(' + ')} AS n`);
    return Number(rows[0]?.n ?? 0);
  };
  const before = await countRows();
  let last = { at: Date.now(), rows: 0 };

  const draw = async (): Promise<void> => {
    const rows = (await countRows()) - before;
    const now = Date.now();
    const rate = now > last.at ? ((rows - last.rows) * 1_000) / (now - last.at) : 0;
    last = { at: now, rows };
    const sum = (of: (entry: { sent: number; stats: ProducerStats }) => number) =>
      [...latest.values()].reduce((total, entry) => total + of(entry), 0);
    const published = sum(({ stats }) => stats.published);
    const rejected = sum(({ stats }) => stats.rejected);
    const line =
      `sent ${count(sum(({ sent }) => sent))}  in Kafka ${count(published)} + ${count(rejected)} refused  ` +
      `in PostgreSQL ${count(rows)}  lag ${count(Math.max(0, published - rows))}  ${count(Math.round(rate))} rows/s`;
    if (context.isTty) context.stderr.write(`\r\u001b[2K${line}`);
    else context.note(line);
  };
  let drawing = Promise.resolve();
  const timer = setInterval(() => {
    // A database that is slow to count must not pile up questions, and one that is gone is not this line's business.
    drawing = drawing.then(draw).catch(() => {});
  }, EVERY_MS);

  return {
    onStats: (simulator, stats) => void latest.set(stats.stream, { sent: simulator.sent(), stats }),
    async close() {
      clearInterval(timer);
      await drawing.then(draw).catch(() => {});
      if (context.isTty) context.stderr.write('\n');
      await pool.end();
    },
  };
}
