import { existsSync, readFileSync } from 'node:fs';
import { ConnectError } from '../core/errors.ts';
import type { Project } from '../pipeline/types.ts';
import { existingStateFolder } from '../stack/folders.ts';

const REFERENCES = /\$\{(?:env|file):[^}]+\}/g;

/** The values behind every reference of a project, whatever environment or setting it stands in, as far as this machine can tell. */
export function projectSecrets(project: Project, resolve: (reference: string) => string): string[] {
  const text = JSON.stringify([project.environments, project.streams]);
  return [...new Set(text.match(REFERENCES))].flatMap((reference) => {
    try {
      return [resolve(JSON.parse(`"${reference}"`) as string)];
    } catch (error) {
      // Some only resolve on the worker or on another machine.
      if (error instanceof ConnectError) return [];
      throw error;
    }
  });
}

/** The passwords that the local stack of a project made up for itself. */
export function stackSecrets(root: string): string[] {
  const file = existingStateFolder(root)?.secretsFile;
  if (file === undefined || !existsSync(file)) return [];
  return [...readFileSync(file, 'utf8').matchAll(/^[^#=\n]+=(.+)$/gm)].map(([, value = '']) => value);
}
