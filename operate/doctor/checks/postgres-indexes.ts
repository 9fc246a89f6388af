import { readScripts } from '../../../contract/load-contract.ts';
import { parseScript } from '../../../contract/sql-parser.ts';
import type { Project, StreamDefinition } from '../../../pipeline/types.ts';
import { broken, type Check, type Diagnosis, ok, warning } from '../check.ts';
import { definedIndexes } from '../defined-indexes.ts';

interface IndexRow {
  readonly name: string;
  readonly table: string;
  readonly valid: boolean;
  /** Whether ON CONFLICT can use it, and for which columns. */
  readonly arbiter: boolean;
  readonly columns: readonly string[];
}

const INDEXES_SQL = `
  SELECT c.relname AS name, t.relname AS table, i.indisvalid AND i.indisready AS valid,
         i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AS arbiter,
         ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                WHERE k.position <= i.indnkeyatts ORDER BY 1) AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
   WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
   ORDER BY c.relname`;

/**
 * Every index of the database is valid, the upsert key of each stream has its unique index, and the indexes that the
 * applied migrations make are there.
 */
export const postgresIndexes: Check<'streams' | 'project' | 'query'> = {
  name: 'postgres.indexes',
  needs: ['postgres'],
  async run(probes) {
    const rows = await probes.query<IndexRow>(INDEXES_SQL);
    return [
      ...probes.streams.map((stream) => judgeKey(stream, rows)),
      ...rows.filter(({ valid }) => !valid).map(invalid),
      ...(await missing(probes.project, rows)),
    ];
  },
};

const invalid = ({ name, table }: IndexRow): Diagnosis =>
  broken(
    name,
    `index of ${table} is not valid: building it failed, or goes on`,
    `when no build goes on: REINDEX INDEX CONCURRENTLY ${name}`,
  );

function judgeKey({ table: { name, key } }: StreamDefinition, rows: readonly IndexRow[]): Diagnosis {
  const wanted = [...key].sort().join(', ');
  const own = rows.filter(({ table }) => table === name.split('.').at(-1));
  if (own.some(({ valid, arbiter, columns }) => valid && arbiter && columns.join(', ') === wanted)) {
    return ok(name, `unique index on ${key.join(', ')}, ${own.length} indexes`);
  }
  const message = `no valid unique index on ${key.join(', ')}: the sink cannot upsert`;
  return broken(name, message, 'run `connect migrate up`');
}

/** Indexes of tables that this database has. Migrations that have not run are the business of `postgres.migrations`. */
async function missing(project: Project, rows: readonly IndexRow[]): Promise<Diagnosis[]> {
  const scripts = await Promise.all(readScripts(project).map(parseScript));
  const tables = new Set(rows.map(({ table }) => table));
  return definedIndexes(scripts.flatMap(({ statements }) => statements))
    .filter(({ name, table }) => tables.has(table) && !rows.some((row) => row.name === name))
    .map(({ name, table }) =>
      warning(name, `index of ${table} is not there: queries get slow`, 'run `connect migrate up`, or create it again'),
    );
}
