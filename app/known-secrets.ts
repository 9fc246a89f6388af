import { existsSync, readFileSync } from 'node:fs';
import { parseProperties } from '../core/properties.ts';
import { referencesIn } from '../core/reference.ts';
import { resolvable, type Secrets } from '../pipeline/connections.ts';
import type { Project } from '../pipeline/types.ts';
import { existingStateFolder } from '../stack/folders.ts';

/** The values behind every reference of a project, whatever environment or setting it stands in, as far as this machine can tell. */
export function projectSecrets(project: Project, secrets: Secrets): string[] {
  const references = new Set<string>();
  JSON.stringify([project.environments, project.streams], (_key, value) => {
    if (typeof value === 'string') for (const { text } of referencesIn(value)) references.add(text);
    return value;
  });
  return resolvable(references, secrets);
}

/** The passwords that the local stack of a project made up for itself. */
export function stackSecrets(root: string): string[] {
  const file = existingStateFolder(root)?.secretsFile;
  if (file === undefined || !existsSync(file)) return [];
  return Object.values(parseProperties(readFileSync(file, 'utf8')));
}
