import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { renderSink } from '../connectors/render/render-sink.ts';
import { ConnectError } from '../core/errors.ts';
import { readMigrations } from '../migrations/files.ts';
import { type Problem, startOf } from '../pipeline/finding.ts';
import { projectFile } from '../pipeline/load.ts';
import type { Project, StreamDefinition } from '../pipeline/types.ts';
import { parseYamlFile, type YamlFile } from '../pipeline/yaml-file.ts';
import type { Contract } from './contract.ts';
import { loadFeed } from './feed.ts';
import type { MigratedCatalog } from './migrated-catalog.ts';
import { placeSchema } from './placed-schema.ts';
import { placeSink } from './rendered-sink.ts';
import type { SqlScript } from './sql-parser.ts';

export const MIGRATIONS_FOLDER = 'migrations';
const ENVIRONMENT_FILE = 'connect.yaml';

/** The project's migrations with the lines they stand on, each step of one for itself. Errors: INVALID_DEFINITION. */
export function readScripts(project: Project): SqlScript[] {
  const folder = projectFile(project, MIGRATIONS_FOLDER);
  if (!existsSync(folder)) return [];
  return readMigrations(folder).flatMap(({ path, up, lines, steps }) => {
    const file = relative(project.root, path).replaceAll('\\', '/');
    if (steps.up.length === 0) return [{ file, sql: up, firstLine: lines.up }];
    return steps.up.map(({ sql, line, forEachRow }) => ({ file, sql, firstLine: line, step: { forEachRow } }));
  });
}

/** Everything about one stream, read from the project's files. Errors: INVALID_DEFINITION for a file that does not parse. */
export function loadContract(project: Project, stream: StreamDefinition, migrated: MigratedCatalog): Contract {
  const schema = placeSchema(readFileSync(projectFile(project, stream.schema), 'utf8'), stream.schema);
  const feed = stream.feed && loadFeed(project.root, stream.feed);
  const definition = readYaml(project, stream.file);
  const environmentFile = readYaml(project, ENVIRONMENT_FILE);
  const environments = Object.values(project.environments);
  return {
    stream,
    definition,
    environments,
    environmentFile,
    feed,
    schema,
    written: schema.fields.filter(({ name }) => !stream.sink.omit.includes(name)),
    migrated,
    table: migrated.catalog.relations[stream.table.name],
    sinks: environments.map((environment) =>
      placeSink(stream, environment, renderSink(stream, environment, schema.fields), definition, environmentFile),
    ),
  };
}

const readYaml = (project: Project, file: string): YamlFile =>
  parseYamlFile(file, readFileSync(join(project.root, file), 'utf8'));

/** The problems of an INVALID_DEFINITION with their places; of one that names none, the error itself at `file`. Others are thrown on. */
export function problemsOf(error: unknown, root: string, file: string): readonly Problem[] {
  if (!(error instanceof ConnectError) || error.code !== 'INVALID_DEFINITION') throw error;
  const { problems } = error.details;
  if (Array.isArray(problems)) return problems as readonly Problem[];
  const message = error.message.replaceAll(`${root}/`, '');
  return [{ ...startOf(file), message }];
}
