import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes `<root>/.env` with new random passwords for every variable of `.env.example`, readable by the owner alone, when
 * there is none. Returns whether it did; an existing file is never touched.
 */
export function createEnvFile(root: string): boolean {
  const file = join(root, '.env');
  const example = join(root, '.env.example');
  if (existsSync(file) || !existsSync(example)) return false;
  const text = readFileSync(example, 'utf8').replaceAll(
    /^(\w+)=$/gm,
    (_line, name: string) => `${name}=${randomBytes(24).toString('hex')}`,
  );
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  return true;
}
