import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { packageRoot } from '../core/package-root.ts';

/** The command line as texts in this program spell it. */
export const SPELLED = 'connect';

/** How a package manager runs what a project has installed, by the lock file that it leaves. */
const BY_LOCK_FILE: readonly (readonly [file: string, invocation: string])[] = [
  ['pnpm-lock.yaml', 'pnpm connect'],
  ['yarn.lock', 'yarn perps-connect'],
];
const BY_NPM = 'npx perps-connect';

/** How a person in `cwd` runs this installation: by a project's package manager, from a checkout, or from the PATH. */
export function invocationFrom(cwd: string, installation = packageRoot()): string {
  const own = realpathSync(installation);
  const above = foldersFrom(cwd);
  const project = above.find((folder) => isSame(join(folder, 'node_modules', 'perps-connect'), own));
  if (project !== undefined) {
    const managed = foldersFrom(project).flatMap((folder) =>
      BY_LOCK_FILE.filter(([file]) => existsSync(join(folder, file))),
    );
    return managed[0]?.[1] ?? BY_NPM;
  }
  if (above.some((folder) => isSame(folder, own))) return 'pnpm connect';
  // A package that is run without being installed lies in a cache.
  if (own.includes(`${sep}_npx${sep}`)) return BY_NPM;
  return own.includes(`${sep}dlx${sep}`) ? 'pnpm dlx perps-connect' : SPELLED;
}

/** Writes the commands in a text as `invocation` runs them. They stand in backticks: `connect deploy`. */
export const spelling = (invocation: string): ((text: string) => string) =>
  invocation === SPELLED ? (text) => text : (text) => text.replaceAll(/`connect (?=[a-z-])/g, `\`${invocation} `);

function foldersFrom(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...foldersFrom(parent)];
}

const isSame = (path: string, real: string): boolean => existsSync(path) && realpathSync(path) === real;
