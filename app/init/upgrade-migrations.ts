import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { DELIVERY_FUNCTIONS } from '../../contract/guards.ts';
import { packageVersion } from '../../core/package-root.ts';
import type { MigrationFile } from '../../migrations/files.ts';
import type { NewFile } from '../../pipeline/new-stream.ts';
import {
  type EveryStream,
  freshnessOfEveryStream,
  functionText,
  makesFunction,
  migrationPath,
  nextNumber,
  packageMigrations,
  rangesOfEveryStream,
  replacing,
  rightsOfEveryStream,
} from './migrations.ts';

/** A migration that an upgrade brings, and what it comes from. */
export interface BroughtMigration extends NewFile {
  readonly origin: string;
}

/** Stands at the top of a migration of this package that has another number in the project. */
const ORIGIN = /^-- From perps-connect \S+: (\w+), SHA-256 ([0-9a-f]{64})$/m;

/** The functions that the tables of all streams share. */
const SHARED = [...DELIVERY_FUNCTIONS, 'group_role', 'stream_rights', 'grant_stream_rights'];

/**
 * What a project's migrations lack of this package's: with the project's next numbers, behind all that may have landed. A project
 * of the example gets the migrations themselves; another one the functions that its tables share, where they are not the package's, and the
 * group roles.
 */
export function missingMigrations(project: readonly MigrationFile[]): readonly BroughtMigration[] {
  const ours = packageMigrations();
  const known = new Set(project.flatMap((file) => originOf(file, ours) ?? []));
  const hasExample = ours[0] !== undefined && known.has(ours[0].name);
  const number = nextNumber(project);
  if (!hasExample) {
    const changed = changedFunctions(project, ours, number);
    const rights = missingRights(project, ours, number + changed.length);
    const begun: BroughtMigration[] = [...changed, ...rights];
    for (const addition of ADDITIONS) begun.push(...missing(addition, project, ours, number + begun.length));
    return begun;
  }
  return ours
    .filter(({ name }) => !known.has(name))
    .map((file, index) => brought(file, migrationPath(number + index, file.name.slice(5))));
}

/** The migrations of this package that somebody has edited in the project, with the path of each. */
export const editedMigrations = (project: readonly MigrationFile[]): readonly string[] => {
  const ours = packageMigrations();
  return project.flatMap((file) => {
    const origin = ours.find(({ name }) => name === originOf(file, ours));
    const [, , recorded] = ORIGIN.exec(readFileSync(file.path, 'utf8')) ?? [];
    const isWhole = origin === undefined || file.checksum === origin.checksum || recorded === origin.checksum;
    return isWhole ? [] : [`migrations/${basename(file.path)}`];
  });
};

/** The package's name of a migration: by what it holds, by what its first line says, or by its own name. */
function originOf(file: MigrationFile, ours: readonly MigrationFile[]): string | undefined {
  const [, recorded] = ORIGIN.exec(readFileSync(file.path, 'utf8')) ?? [];
  return ours.find(({ name, checksum }) => checksum === file.checksum || name === recorded || name === file.name)?.name;
}

/** With the package's own name it is the package's own file; with another number it says where it comes from. */
function brought(file: MigrationFile, path: string): BroughtMigration {
  const text = readFileSync(file.path, 'utf8');
  const origin = `${file.name} of perps-connect ${packageVersion()}`;
  if (basename(path, '.sql') === file.name) return { path, text, origin };
  return {
    path,
    text: `-- From perps-connect ${packageVersion()}: ${file.name}, SHA-256 ${file.checksum}\n${text}`,
    origin,
  };
}

function changedFunctions(
  project: readonly MigrationFile[],
  ours: readonly MigrationFile[],
  number: number,
): readonly BroughtMigration[] {
  const changed = SHARED.flatMap((name) => {
    const [now = '', wanted = ''] = [functionText(project, name), functionText(ours, name)];
    return makesFunction(project, name) && codeOf(now) !== codeOf(wanted) ? [{ name, now, wanted }] : [];
  });
  if (changed.length === 0) return [];
  const up = changed.map(({ wanted }) => replacing(wanted));
  const down = changed.map(({ name, now }) =>
    now === '' ? `-- ${name}() stays: what it was is not known here.` : replacing(now),
  );
  const text = `-- Up Migration

-- Functions that every stream's table calls, as perps-connect ${packageVersion()} makes them.

${up.join('\n\n')}

-- Down Migration

${down.join('\n\n')}
`;
  const origin = `${changed.map(({ name }) => `${name}()`).join(', ')} of perps-connect ${packageVersion()}`;
  return [{ path: migrationPath(number, 'delivery_guards'), text, origin }];
}

/** Group roles, and their rights on the tables that are there, for a project from before there were any. */
function missingRights(
  project: readonly MigrationFile[],
  ours: readonly MigrationFile[],
  number: number,
): readonly BroughtMigration[] {
  const hasTables = makesFunction(project, 'keep_newest_delivery');
  if (!hasTables || makesFunction(project, 'grant_stream_rights')) return [];
  const { up, down } = rightsOfEveryStream(ours);
  return [
    {
      path: migrationPath(number, 'rights'),
      text: `-- Up Migration\n\n${up}\n\n-- Down Migration\n\n${down}\n`,
      origin: `group roles of perps-connect ${packageVersion()}`,
    },
  ];
}

/** What later versions made for every stream: by the table that it makes. */
const ADDITIONS = [
  { table: 'history_ranges', words: 'kept_range', part: rangesOfEveryStream },
  { table: 'stream_completeness', words: 'stream_freshness', part: freshnessOfEveryStream },
] as const;

/** One of these, for a project that has none of it. */
function missing(
  { table, words, part }: { table: string; words: string; part: (files: readonly MigrationFile[]) => EveryStream },
  project: readonly MigrationFile[],
  ours: readonly MigrationFile[],
  number: number,
): readonly BroughtMigration[] {
  const hasTables = makesFunction(project, 'keep_newest_delivery');
  if (!hasTables || project.some(({ up }) => up.includes(`CREATE TABLE ${table}`))) return [];
  const { up, down } = part(ours);
  return [
    {
      path: migrationPath(number, words),
      text: `-- Up Migration\n\n${up}\n\n-- Down Migration\n\n${down}\n`,
      origin: `${words} of perps-connect ${packageVersion()}`,
    },
  ];
}

/** Without comments and without what says whether the function is there already. */
const codeOf = (statement: string): string => replacing(statement.replaceAll(/^--.*\n/gm, ''));
