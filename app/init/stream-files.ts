import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageFile } from '../../core/package-root.ts';
import { type NewFile, newStreamFiles } from '../../pipeline/new-stream.ts';
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
  const migrations = projectMigrations(root);
  const base: NewFile[] = [];
  if (!existsSync(join(root, BASE_PROTO))) base.push({ path: BASE_PROTO, text: packageFile(BASE_PROTO) });
  const number = nextNumber(migrations);
  const hasGuards = makesFunction(migrations, 'keep_newest_delivery');
  if (!hasGuards) base.push(baseMigration(number));
  const stream = newStreamFiles(name, {
    migrationNumber: hasGuards ? number : number + 1,
    // Migrations of an earlier version have the one function and not the others.
    marksCorrections: !hasGuards || makesFunction(migrations, 'mark_correction'),
    grantsRights: !hasGuards || makesFunction(migrations, 'grant_stream_rights'),
    definitionSchema: `../${editorSchema(root, 'definition')}`,
  });
  return [...base, ...stream];
}
