import { type Catalog, columnOf, isFilled, type Relation } from '../contract/catalog.ts';
import { loadContracts } from '../contract/check.ts';
import type { Contract } from '../contract/contract.ts';
import { isKeyIndex } from '../contract/key-index.ts';
import { liveCatalog } from '../contract/live-database.ts';
import { selectedFields, writtenFields } from '../contract/rendered-sink.ts';
import { ConnectError } from '../core/errors.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { migrationStatus } from './migrate.ts';
import type { Session } from './session.ts';

/** What keeps a table from taking a sink's records: it lacks the part, or it refuses rows without the column. */
interface Obstacle {
  /** `public.positions`, `public.positions.size` or `public.positions (position_account, signature)` */
  readonly part: string;
  readonly is: 'missing' | 'unfilled' | 'unindexed';
}

/**
 * Nothing is deployed that the database cannot take by now, whatever its migrations will make of it: the sink would fail its tasks
 * on the first record. Errors: UNSAFE with each table, column and key; UNREACHABLE when the database does not answer.
 */
export async function requireColumns(session: Session): Promise<void> {
  const { contracts } = await loadContracts(session.project, session.streams);
  const catalog = await liveCatalog(session.asReader);
  const found = contracts.flatMap((contract) => {
    const { config } = session.desiredSink(contract.stream);
    const written = writtenFields(config, selectedFields(config));
    return obstacles(contract.stream.table, written, catalog).map((obstacle) => ({ contract, obstacle }));
  });
  if (found.length === 0) return;
  const { database } = session.environment;
  const { pending } = await migrationStatus(session);
  const lines = found.map(({ obstacle: { part, is } }) => `${part} ${PROBLEM[is]}`);
  const where = `the database ${database.name} at ${database.host}:${database.port}`;
  throw new ConnectError(
    'UNSAFE',
    [`${where} cannot take what the sinks would write; nothing was changed`, ...lines].join('\n  '),
    {
      details: { obstacles: found.map(({ obstacle }) => obstacle), pending },
      hint: [...new Set(found.map(({ contract, obstacle }) => cureOf(contract, obstacle, pending)))].join('; '),
    },
  );
}

const PROBLEM: Readonly<Record<Obstacle['is'], string>> = {
  missing: 'is not there',
  unfilled: 'is NOT NULL without a default, and the sink does not write it',
  unindexed: 'is no unique index, and the sink upserts on it',
};

function obstacles(
  { name: table, key }: StreamDefinition['table'],
  written: ReadonlySet<string>,
  { relations }: Catalog,
): readonly Obstacle[] {
  const live: Relation | undefined = relations[table];
  if (live === undefined) return [{ part: table, is: 'missing' }];
  const missing = [...written].filter((name) => columnOf(live, name) === undefined);
  const unfilled = live.columns.filter((column) => !column.nullable && !isFilled(column) && !written.has(column.name));
  const isIndexed = live.uniqueIndexes.some((index) => index.valid && isKeyIndex(index, key));
  return [
    ...missing.map((name) => ({ part: `${table}.${name}`, is: 'missing' as const })),
    ...unfilled.map(({ name }) => ({ part: `${table}.${name}`, is: 'unfilled' as const })),
    ...(isIndexed ? [] : [{ part: `${table} (${key.join(', ')})`, is: 'unindexed' as const }]),
  ];
}

/** A migration cures what a pending one makes; what somebody has dropped by hand comes back by a new one only. */
function cureOf({ migrated, stream, table }: Contract, { part, is }: Obstacle, pending: readonly string[]): string {
  if (is === 'unfilled') return `let ${part} be NULL by a migration, run \`connect migrate up\`, then deploy`;
  const index = table?.uniqueIndexes.find((one) => isKeyIndex(one, stream.table.key));
  const file = migrated.places[is === 'missing' ? part : `${table?.name}.${index?.name}`]?.file;
  if (pending.some((name) => file === `migrations/${name}.sql`)) return 'run `connect migrate up`, then deploy';
  const otherwise = is === 'missing' ? ', or list the field in sink.omit' : '';
  return `no pending migration makes ${part}: it was dropped by hand; add a migration that makes it again${otherwise}`;
}
