import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageFile } from '../../core/package-root.ts';
import { type NewFile, newStreamFiles, type StreamSurroundings } from '../../pipeline/new-stream.ts';
import { baseMigration, makesFunction, nextNumber, projectMigrations } from './migrations.ts';

/** What every feed has in common. */
const BASE_PROTO = 'schemas/feed.proto';

/** Where an editor finds a JSON Schema of this package: from the project's folder. */
export const editorSchema = (root: string, schema: 'definition' | 'environment'): string => {
  const own = `pipeline/${schema}.schema.json`;
  return existsSync(join(root, own)) ? own : `node_modules/perps-connect/${own}`;
};

/** The files of a new stream, and those that they refer to where the project has none: base proto and guard functions. */
export function streamFiles(root: string, name: string): readonly NewFile[] {
  const { guards, surroundings } = surroundingsOf(root);
  const hasBase = existsSync(join(root, BASE_PROTO));
  const base = hasBase ? [] : [{ path: BASE_PROTO, text: packageFile(BASE_PROTO) }];
  return [...base, ...guards, ...newStreamFiles(name, surroundings)];
}

/** What a new stream of the project depends on, and the migration with the guard functions where the project has none. */
export function surroundingsOf(root: string): {
  readonly guards: readonly NewFile[];
  readonly surroundings: StreamSurroundings;
} {
  const migrations = projectMigrations(root);
  const number = nextNumber(migrations);
  const hasGuards = makesFunction(migrations, 'keep_newest_delivery');
  return {
    guards: hasGuards ? [] : [baseMigration(number)],
    surroundings: {
      migrationNumber: hasGuards ? number : number + 1,
      // Migrations of an earlier version have the one function and not the others.
      marksCorrections: !hasGuards || makesFunction(migrations, 'mark_correction'),
      grantsRights: !hasGuards || makesFunction(migrations, 'grant_stream_rights'),
      definitionSchema: `../${editorSchema(root, 'definition')}`,
    },
  };
}
