import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseProperties } from '../core/properties.ts';
import { referencesIn } from '../core/reference.ts';
import { resolvable } from '../pipeline/connections.ts';
import { projectFile } from '../pipeline/load.ts';
import { readSecret } from '../pipeline/secrets.ts';
import type { Project } from '../pipeline/types.ts';
import { existingStateFolder } from '../stack/folders.ts';

/**
 * The values behind every reference of a project, whatever environment or setting it stands in, as far as this machine can tell. Of
 * variables also those that only a worker may read.
 */
export function projectSecrets(project: Project, env: NodeJS.ProcessEnv): string[] {
  const { root, secrets: { files } = {} } = project;
  const references = new Set<string>();
  JSON.stringify([project.environments, project.streams], (_key, value) => {
    if (typeof value === 'string') for (const { text } of referencesIn(value)) references.add(text);
    return value;
  });
  const rules = { environment: Object.keys(env), files };
  return resolvable(references, (reference) => readSecret(reference, { root, env, rules }));
}

/** The passwords that the local stack of a project made up for itself. */
export function stackSecrets(root: string): string[] {
  const file = existingStateFolder(root)?.secretsFile;
  if (file === undefined || !existsSync(file)) return [];
  return Object.values(parseProperties(readFileSync(file, 'utf8')));
}

/** The lines of each private key beside a certificate: a parser's error may quote one. */
export function keyFileSecrets({ root, environments }: Project): string[] {
  const files = new Set<string>();
  JSON.stringify(environments, (_key, value) => {
    if (typeof value?.certificate === 'string' && typeof value.key === 'string') files.add(resolve(root, value.key));
    return value;
  });
  return [...files].flatMap((file) => {
    try {
      return readFileSync(file, 'utf8')
        .split(/\r?\n/)
        .filter((line) => /^[\w+/=]{16,}$/.test(line));
    } catch {
      return [];
    }
  });
}

/** The fields of the project's records, as far as its schemas can be read. */
export const recordFields = (project: Project): string[] =>
  project.streams.flatMap(({ schema }) => {
    try {
      const { fields = [] } = JSON.parse(readFileSync(projectFile(project, schema), 'utf8'));
      return fields.map(({ name }: { name: unknown }) => String(name));
    } catch {
      return [];
    }
  });
