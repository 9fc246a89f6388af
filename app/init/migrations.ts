import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DELIVERY_FUNCTIONS } from '../../contract/guards.ts';
import { packageRoot, packageVersion } from '../../core/package-root.ts';
import { type MigrationFile, readMigrations } from '../../migrations/files.ts';
import type { NewFile } from '../../pipeline/new-stream.ts';

export const MIGRATIONS = 'migrations';

/** The migrations that this package brings. */
export const packageMigrations = (): readonly MigrationFile[] => readMigrations(join(packageRoot(), MIGRATIONS));

/** The migrations of a project; none where it has no folder for them yet. */
export function projectMigrations(root: string): readonly MigrationFile[] {
  const folder = join(root, MIGRATIONS);
  return existsSync(folder) ? readMigrations(folder) : [];
}

/** The first number that no migration has. */
export const nextNumber = (files: readonly MigrationFile[]): number =>
  Math.max(0, ...files.map(({ name }) => Number(name.slice(0, 4)))) + 1;

/** The path of a migration. */
export const migrationPath = (number: number, words: string): string =>
  `${MIGRATIONS}/${String(number).padStart(4, '0')}_${words}.sql`;

/** Whether one of these migrations makes a function. */
export const makesFunction = (files: readonly MigrationFile[], name: string): boolean =>
  files.some(({ up }) =>
    new RegExp(`^\\s*CREATE\\s+(OR\\s+REPLACE\\s+)?FUNCTION\\s+(public\\.)?${name}\\s*\\(`, 'im').test(up),
  );

/** The newest statement of these migrations that makes a function, with the comment above it. */
export function functionText(files: readonly MigrationFile[], name: string): string | undefined {
  const statement = new RegExp(
    `^(?:--(?! Step).*\\n)*CREATE (?:OR REPLACE )?FUNCTION ${name}\\([\\s\\S]*?^\\$\\$;$`,
    'gm',
  );
  return files.flatMap(({ up }) => up.match(statement) ?? []).at(-1);
}

/** The same, for a database that has the function already, or has not. */
export const creating = (statement: string): string =>
  statement.replace(/^CREATE OR REPLACE FUNCTION/m, 'CREATE FUNCTION');
export const replacing = (statement: string): string =>
  statement.replace(/^CREATE FUNCTION/m, 'CREATE OR REPLACE FUNCTION');

/** What a migration does and undoes for every stream. */
export interface EveryStream {
  readonly up: string;
  readonly down: string;
}

/** The group roles; also grants on the tables of streams that are there. */
export const rightsOfEveryStream = (files: readonly MigrationFile[]): EveryStream =>
  ofEveryStream(files, 'grant_stream_rights');

/** From when on histories are kept. */
export const rangesOfEveryStream = (files: readonly MigrationFile[]): EveryStream =>
  ofEveryStream(files, 'keep_history_from');

/** What the migration that makes a function has in front of, and behind, what is this package's example alone. */
function ofEveryStream(files: readonly MigrationFile[], makes: string): EveryStream {
  const migration = files.find((file) => makesFunction([file], makes));
  const [, up] = /^-- Up Migration\n([\s\S]*)^-- Of the stream positions\.$/m.exec(migration?.up ?? '') ?? [];
  const [, down] = /^-- Of every stream\.$([\s\S]*)/m.exec(migration?.down ?? '') ?? [];
  if (up === undefined || down === undefined) throw new Error(`no migration of this package makes ${makes}()`);
  return { up: up.trim(), down: down.trim() };
}

/** The migration of `stream_freshness`, which speaks of every stream. */
export function freshnessOfEveryStream(files: readonly MigrationFile[]): EveryStream {
  const migration = files.find(({ up }) => up.includes('CREATE TABLE stream_completeness'));
  if (migration === undefined) throw new Error('no migration of this package makes stream_completeness');
  const bare = (text: string): string => text.replace(/^-- (?:Up|Down) Migration\n/, '').trim();
  return { up: bare(migration.up), down: bare(migration.down) };
}

/** A migration with what the table of every stream refers to, for a project without this package's example. */
export function baseMigration(number: number): NewFile {
  const files = packageMigrations();
  const statements = DELIVERY_FUNCTIONS.map((name) => {
    const statement = functionText(files, name);
    if (statement === undefined) throw new Error(`no migration of this package makes ${name}()`);
    return creating(statement);
  });
  const rights = rightsOfEveryStream(files);
  const ranges = rangesOfEveryStream(files);
  const freshness = freshnessOfEveryStream(files);
  const drops = DELIVERY_FUNCTIONS.map((name) => `DROP FUNCTION ${name}();`);
  return {
    path: migrationPath(number, 'delivery_guards'),
    text: `-- Up Migration

-- What becomes of a row whose record is read again, or that somebody corrects, and who may do what. The triggers of every stream's table call the first
-- functions. They are those of perps-connect ${packageVersion()}, and \`check\` compares them with the package's.

${statements.join('\n\n')}

${rights.up}

${ranges.up}

${freshness.up}

-- Down Migration

${freshness.down}

${ranges.down}

${rights.down}
${drops.join('\n')}
`,
  };
}
