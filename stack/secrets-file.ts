import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseProperties, propertiesText } from '../core/properties.ts';
import type { StateFolder } from './folders.ts';

/** Passwords of the local PostgreSQL; made up on the first start. */
export interface StackSecrets {
  readonly superuser: string;
  readonly database: string;
  readonly registry: string;
}

const KEYS = {
  superuser: 'superuser.password',
  database: 'database.password',
  registry: 'registry.password',
} as const satisfies Record<keyof StackSecrets, string>;

/** Reads `.connect/secrets.properties`; undefined when a password is missing. */
export function readSecrets(folder: StateFolder): StackSecrets | undefined {
  let text: string;
  try {
    text = readFileSync(folder.secretsFile, 'utf8');
  } catch {
    return undefined;
  }
  const values = parseProperties(text);
  const [superuser, database, registry] = [values[KEYS.superuser], values[KEYS.database], values[KEYS.registry]];
  return superuser && database && registry ? { superuser, database, registry } : undefined;
}

/** Writes new random passwords, readable by the owner alone. */
export function createSecrets(folder: StateFolder): StackSecrets {
  const password = () => randomBytes(24).toString('base64url');
  const secrets: StackSecrets = { superuser: password(), database: password(), registry: password() };
  const lines = Object.entries(KEYS).map(([name, key]) => [key, secrets[name as keyof StackSecrets]]);
  const fresh = `${folder.secretsFile}.new`;
  const comment = '# Passwords of the local stack, made up by `connect up`.\n';
  writeFileSync(fresh, comment + propertiesText(Object.fromEntries(lines)), { mode: 0o600 });
  renameSync(fresh, folder.secretsFile);
  return secrets;
}
