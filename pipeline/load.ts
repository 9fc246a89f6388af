import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import { readLimited } from '../core/read-limited.ts';
import { checkAcross, checkDefinition, type DefinedStream, type DefinitionDocument, toStream } from './definition.ts';
import { didYouMean } from './did-you-mean.ts';
import {
  checkEnvironments,
  checkStreamsOnTargets,
  completeEnvironment,
  type EnvironmentsDocument,
} from './environment.ts';
import { type Problem, sortProblems } from './finding.ts';
import { type SchemaName, validateFile } from './json-schema.ts';
import { findPlaintextSecrets } from './plaintext-secrets.ts';
import { ENVIRONMENT_FILE } from './project-root.ts';
import type { Environment, Project, StreamDefinition } from './types.ts';
import { parseYamlFile, type YamlFile } from './yaml-file.ts';

export { findProjectRoot } from './project-root.ts';

const DEFINITION_FOLDER = 'connectors';

/** Absolute path of a file that a definition names. */
export const projectFile = (project: Project, relative: string): string =>
  isAbsolute(relative) ? relative : join(project.root, relative);

/**
 * Reads and checks `<root>/connect.yaml` and `<root>/connectors/*.yaml`. `env` is the process environment: its ports win.
 * Errors: INVALID_DEFINITION with every problem of every file in `details.problems`; USAGE for a bad port variable.
 */
export function loadProject(root: string, env: NodeJS.ProcessEnv): Project {
  const problems: Problem[] = [];
  const environments = readEnvironments(root, problems);
  const defined = readStreams(root, problems);
  problems.push(...checkStreamsOnTargets(environments, defined));
  if (problems.length > 0) throw invalid(problems);
  return {
    root,
    defaultEnvironment: environments.default,
    secrets: environments.secrets,
    environments: Object.fromEntries(
      Object.entries(environments.environments).map(([name, form]) => [
        name,
        // A sink's name comes from its definition, so the environments of one project that share a cluster share their sinks.
        { ...completeEnvironment(name, form, { root, env }), project: environments.project },
      ]),
    ),
    streams: defined.map(({ stream }) => stream),
  };
}

/** The environment of that name, or the project's default. Errors: USAGE naming those there are. */
export function selectEnvironment(project: Project, name?: string): Environment {
  const wanted = name ?? project.defaultEnvironment;
  const names = Object.keys(project.environments);
  const environment = names.includes(wanted) ? project.environments[wanted] : undefined;
  if (environment === undefined) {
    throw new ConnectError('USAGE', `no environment "${wanted}" in connect.yaml${didYouMean(wanted, names)}`, {
      hint: `environments: ${names.join(', ')}`,
    });
  }
  return environment;
}

/** The streams of those names, in the project's order, or all. Errors: USAGE naming those there are. */
export function selectStreams(project: Project, only?: readonly string[]): StreamDefinition[] {
  const names = project.streams.map((stream) => stream.name);
  if (names.length === 0) {
    throw new ConnectError('USAGE', `no stream is defined in ${project.root}`, {
      hint: 'a stream is a file connectors/<name>.yaml; `connect init stream NAME` writes one, with all that belongs to it',
    });
  }
  for (const wanted of only ?? []) {
    if (!names.includes(wanted)) {
      throw new ConnectError('USAGE', `no stream "${wanted}"${didYouMean(wanted, names)}`, {
        hint: Object.hasOwn(project.environments, wanted)
          ? `${wanted} is an environment: give it as \`-e ${wanted}\``
          : `streams: ${names.join(', ')}`,
      });
    }
  }
  return project.streams.filter((stream) => only === undefined || only.includes(stream.name));
}

/** The stream of that name. Errors: those of `selectStreams`. */
export const selectStream = (project: Project, name: string): StreamDefinition =>
  selectStreams(project, [name])[0] as StreamDefinition;

function readEnvironments(root: string, problems: Problem[]): EnvironmentsDocument {
  const file = readChecked(root, ENVIRONMENT_FILE, 'environment', problems);
  if (file === undefined) return { default: '', environments: {} };
  const document = file.data as EnvironmentsDocument;
  problems.push(...checkEnvironments(file, document, root));
  return document;
}

function readStreams(root: string, problems: Problem[]): readonly DefinedStream[] {
  const folder = join(root, DEFINITION_FOLDER);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.ya?ml$/.test(name)) : [];
  const defined: DefinedStream[] = [];
  for (const name of names.sort()) {
    const file = readChecked(root, `${DEFINITION_FOLDER}/${name}`, 'definition', problems);
    if (file === undefined) continue;
    const document = file.data as DefinitionDocument;
    problems.push(...checkDefinition(root, file, document));
    defined.push({ file, stream: toStream(file.file, document) });
  }
  problems.push(...checkAcross(defined));
  return defined;
}

/** The parsed file when YAML and schema have nothing against it; otherwise its problems are added and it is undefined. */
function readChecked(root: string, relative: string, schema: SchemaName, problems: Problem[]): YamlFile | undefined {
  const file = parseYamlFile(relative, readText(root, relative));
  if (file.problems.length > 0) {
    problems.push(...file.problems);
    return undefined;
  }
  const schemaProblems = validateFile(schema, file);
  const known = new Set(schemaProblems.map(({ line, column }) => `${line}:${column}`));
  // A secret field with plain text in it is reported by the schema already.
  const secrets = findPlaintextSecrets(file).filter(({ line, column }) => !known.has(`${line}:${column}`));
  problems.push(...schemaProblems, ...secrets);
  return schemaProblems.length === 0 ? file : undefined;
}

function readText(root: string, relative: string): string {
  try {
    return readLimited(join(root, relative));
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ConnectError('INVALID_DEFINITION', `${relative} in ${root} cannot be read (${reason})`, { cause: error });
  }
}

function invalid(problems: readonly Problem[]): ConnectError {
  const sorted = sortProblems(problems);
  const files = [...new Set(sorted.map(({ file }) => file))];
  const number = sorted.length === 1 ? '1 problem' : `${sorted.length} problems`;
  return new ConnectError('INVALID_DEFINITION', `${number} in ${files.join(', ')}`, { details: { problems: sorted } });
}
