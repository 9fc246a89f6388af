import { withPostgres } from '../../core/postgres.ts';
import { quoteIdentifier } from '../../operate/canonical.ts';
import { databaseConnection } from '../../pipeline/connections.ts';
import type { StartFlags } from '../commands/start.ts';
import { table } from '../format.ts';
import type { StartSession } from './run-start.ts';

const SAMPLE_ROWS = 5;
/** As many columns as a terminal shows without wrapping. */
const SAMPLE_COLUMNS = ['owner', 'symbol', 'side', 'size', 'entry_price', 'mark_price', 'unrealized_pnl', 'status'];

/** What is in the tables now, and where to connect. The password is named by its file, never shown. */
export async function summaryLines(session: StartSession, flags: StartFlags): Promise<string[]> {
  const { context, project, environment, streams } = session;
  const connection = databaseConnection(environment, context.secrets(project));
  const lines: string[] = [];
  await withPostgres(connection, async (client) => {
    for (const { table: target } of streams) {
      if (target.current === undefined) continue;
      const { view, order } = target.current;
      const { rows } = await client.query<Record<string, unknown>>(
        `SELECT * FROM ${quoteIdentifier(view)} ORDER BY ${quoteIdentifier(order)} DESC LIMIT ${SAMPLE_ROWS}`,
      );
      const known = Object.keys(rows[0] ?? {});
      const columns = SAMPLE_COLUMNS.filter((column) => known.includes(column));
      const shown = columns.length > 0 ? columns : known.slice(0, SAMPLE_COLUMNS.length);
      const cells = rows.map((row) => shown.map((column) => shorten(String(row[column]))));
      lines.push('', `${view}, newest ${rows.length}:`, ...table([shown, ...cells]).map((line) => `  ${line}`));
    }
  });
  const { database, registry, connect, kafka, stack } = environment;
  lines.push(
    '',
    `PostgreSQL  postgresql://${database.user}@${database.host}:${database.port}/${database.name}`,
    ...(stack === undefined ? [] : ['            password: database.password in .connect/secrets.properties']),
    `Kafka       ${kafka.brokers.join(', ')}`,
    `Registry    ${registry.url}`,
    `Connect     ${connect.target === 'rest' ? connect.url : `MSK Connect in ${connect.region}`}`,
    `again       pnpm connect verify --oracle .connect/oracle   (seed ${flags.seed})`,
  );
  return lines;
}

const shorten = (text: string): string => (text.length > 20 ? `${text.slice(0, 8)}…${text.slice(-4)}` : text);
