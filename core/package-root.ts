import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this package: found by walking up, so it holds for the sources and for the built `dist/`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json of this package not found');
    folder = parent;
  }
}

/** The text of a file of this package. */
export const packageFile = (path: string): string => readFileSync(join(packageRoot(), path), 'utf8');

/** The version in this package's package.json. */
export function packageVersion(): string {
  return (JSON.parse(packageFile('package.json')) as { version: string }).version;
}
