import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConnectError } from '../core/errors.ts';

export const ENVIRONMENT_FILE = 'connect.yaml';

/** The nearest folder, from `from` upwards, that holds `connect.yaml`. Errors: USAGE. */
export function findProjectRoot(from: string): string {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, ENVIRONMENT_FILE))) return folder;
    if (dirname(folder) === folder) {
      throw new ConnectError('USAGE', `no ${ENVIRONMENT_FILE} in ${resolve(from)} or any folder above it`, {
        hint: 'run the command inside a project',
      });
    }
  }
}
