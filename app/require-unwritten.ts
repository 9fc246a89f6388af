import { columnOf } from '../contract/catalog.ts';
import { loadContracts } from '../contract/check.ts';
import { liveCatalog } from '../contract/live-database.ts';
import { selectedFields, writtenFields } from '../contract/rendered-sink.ts';
import { ConnectError } from '../core/errors.ts';
import { readMigrations } from '../migrations/files.ts';
import type { Session } from './session.ts';

/**
 * No migration takes a column away from a sink that writes it: a sink learns first to leave it out. `names`: the migrations that
 * are about to run. Errors: UNSAFE with each column and sink; those of the host, when a migration drops a column of a stream.
 */
export async function requireUnwritten(session: Session, names: readonly string[]): Promise<void> {
  const files = readMigrations(session.file('migrations')).filter(({ name }) => names.includes(name));
  if (!files.some(({ up }) => /\b(drop|rename)\b/i.test(up))) return;
  const paths = new Set(names.map((name) => `migrations/${name}.sql`));
  const { project } = session;
  const { contracts } = await loadContracts(project, project.streams);
  const catalog = await liveCatalog(session.asMigrator);
  const written: { readonly column: string; readonly connector: string; readonly file: string }[] = [];
  for (const { stream, migrated } of contracts) {
    const table = stream.table.name;
    const live = catalog.relations[table];
    if (live === undefined) continue;
    const dropped = Object.entries(migrated.dropped).flatMap(([part, { file }]) => {
      const column = part.slice(table.length + 1);
      return part.startsWith(`${table}.`) && paths.has(file) && columnOf(live, column) !== undefined
        ? [{ column, file }]
        : [];
    });
    if (dropped.length === 0) continue;
    const connector = stream.sink.name;
    const config = (await (await session.host()).observe(connector))?.config;
    if (config === undefined) continue;
    const fields = writtenFields(config, selectedFields(config));
    for (const { column, file } of dropped) {
      if (fields.has(column)) written.push({ column: `${table}.${column}`, connector, file });
    }
  }
  if (written.length === 0) return;
  const lines = written.map(
    ({ column, connector, file }) => `${file} drops ${column}, which ${connector} still writes`,
  );
  throw new ConnectError('UNSAFE', ['the sink would fail; no migration was run', ...lines].join('\n  '), {
    details: { written },
    hint: 'list the field in sink.omit and run `connect deploy`; then `connect migrate up`',
  });
}
