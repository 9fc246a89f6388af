import { existsSync, lstatSync, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { ConnectError } from '../core/errors.ts';

export const ENVIRONMENT_FILE = 'connect.yaml';

/**
 * The nearest folder, from `from` upwards, that holds `connect.yaml`. Errors: USAGE when there is none, REFUSED for another user's: it
 * would decide where this user's logins are sent.
 */
export function findProjectRoot(from: string, env: NodeJS.ProcessEnv): string {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, ENVIRONMENT_FILE))) {
      requireOwn(folder, env);
      return folder;
    }
    if (dirname(folder) === folder) {
      throw new ConnectError('USAGE', `no ${ENVIRONMENT_FILE} in ${resolve(from)} or any folder above it`, {
        hint: 'run the command inside a project; `connect init` makes one',
      });
    }
  }
}

/** As git has it: a project of this user, of root, and for root of who called sudo. Windows has no such owners. */
export function requireOwn(folder: string, env: NodeJS.ProcessEnv, uid = process.geteuid?.()): void {
  const file = join(folder, ENVIRONMENT_FILE);
  const owners = [lstatSync(folder).uid, lstatSync(file).uid, statSync(file).uid];
  const trusted = [uid, 0, ...(uid === 0 && env.SUDO_UID !== undefined ? [Number(env.SUDO_UID)] : [])];
  const stranger = owners.find((owner) => !trusted.includes(owner));
  if (uid === undefined || stranger === undefined) return;
  const named = (env.CONNECT_TRUST_PROJECT ?? '').split(delimiter);
  if (named.some((one) => one !== '' && resolve(one) === folder)) return;
  throw new ConnectError(
    'REFUSED',
    `${file} belongs to another user (${stranger}), who would decide where logins are sent`,
    {
      details: { file, owner: stranger, user: uid },
      hint: `if you trust it, set CONNECT_TRUST_PROJECT=${folder}`,
    },
  );
}
