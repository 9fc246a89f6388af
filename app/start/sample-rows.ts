import { inTurn } from '../../core/in-turn.ts';
import { withPostgres } from '../../core/postgres.ts';
import { quoteIdentifier } from '../../operate/canonical.ts';
import type { Session } from '../session.ts';

const ROWS = 5;
/** As many columns as a terminal shows without wrapping. */
const COLUMNS = ['owner', 'symbol', 'side', 'size', 'entry_price', 'mark_price', 'unrealized_pnl', 'status'];

/** The newest rows of a view of current states. */
export interface Sample {
  readonly view: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export const sampleRows = ({ streams, asReader }: Session): Promise<Sample[]> =>
  withPostgres(asReader, (client) =>
    inTurn(
      streams.flatMap(({ table }) => table.current ?? []),
      async ({ view, order }) => {
        const { rows } = await client.query<Record<string, unknown>>(
          `SELECT * FROM ${quoteIdentifier(view)} ORDER BY ${quoteIdentifier(order)} DESC LIMIT ${ROWS}`,
        );
        const all = Object.keys(rows[0] ?? {});
        const known = COLUMNS.filter((column) => all.includes(column));
        const columns = known.length > 0 ? known : all.slice(0, COLUMNS.length);
        return { view, columns, rows: rows.map((row) => columns.map((column) => String(row[column]))) };
      },
    ),
  );
