import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { pgDump } from '@electric-sql/pglite-tools/pg_dump';
import { packageRoot } from '../../core/package-root.ts';
import { type MigrationFile, readMigrations } from '../../migrations/files.ts';

/** Starting PostgreSQL in WebAssembly takes seconds, more on a busy machine. */
export const PGLITE_TIMEOUT_MS = 120_000;

/** An empty PostgreSQL inside this process. The caller closes it. */
export const openPglite = (): Promise<PGlite> => PGlite.create();

/** The same, with the migrations of this package. */
export async function openMigratedPglite(): Promise<PGlite> {
  const database = await openPglite();
  for (const file of readMigrations(join(packageRoot(), 'migrations'))) await runPart(database, file, 'up');
  return database;
}

/** Runs one part of a migration as the runner does, without a history. */
export async function runPart(database: PGlite, file: MigrationFile, direction: 'up' | 'down'): Promise<void> {
  if (file.steps[direction].length === 0) await database.exec(file[direction]);
  for (const { sql, forEachRow } of file.steps[direction]) {
    const { rows } = forEachRow ? await database.query<{ statement: string }>(sql) : { rows: [{ statement: sql }] };
    for (const { statement } of rows) await database.exec(statement);
  }
}

/** What pg_dump says of the schema, without what differs from version to version or from run to run. */
export async function dumpSchema(database: PGlite): Promise<string> {
  const dump = await pgDump({ pg: database, args: ['--schema-only', '--no-owner', '--no-privileges'] });
  // pg_dump leaves its read-only transaction and its settings behind.
  await database.exec('ROLLBACK; RESET ALL');
  return normalize(await dump.text());
}

/** Lines that say how and when it was dumped, and the headings of pg_dump; comments inside functions stay. */
const NOISE = /^(SET |SELECT pg_catalog\.set_config|--$|-- (Name|Dumped|PostgreSQL database dump)\b|\\(un)?restrict )/;

/** A list of texts, as PostgreSQL prints it until the view is made from its own definition; from then on it casts each. */
const CAST_LIST = /\(ARRAY\[([^\]]*)\]\)::text\[\]/g;

function normalize(dump: string): string {
  const lines = dump.split('\n').filter((line) => !NOISE.test(line));
  return `${lines
    .join('\n')
    .replaceAll(
      CAST_LIST,
      (_, list: string) => `ARRAY[${list.replaceAll(/'[^']*'::character varying/g, '($&)::text')}]`,
    )
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}
