import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseProperties, propertiesText } from '../core/properties.ts';
import { writeWhole } from '../core/write-whole.ts';
import type { StateFolder } from './folders.ts';

const OWNERS = ['superuser', 'database', 'registry'] as const;

/** Passwords of the local PostgreSQL; made up on the first start. */
export type StackSecrets = Readonly<Record<(typeof OWNERS)[number], string>>;

/** Reads `.connect/secrets.properties`; undefined when a password is missing. */
export function readSecrets(folder: StateFolder): StackSecrets | undefined {
  let text: string;
  try {
    text = readFileSync(folder.secretsFile, 'utf8');
  } catch {
    return undefined;
  }
  const values = parseProperties(text);
  const passwords = OWNERS.map((owner) => [owner, values[`${owner}.password`]]);
  return passwords.every(([, password]) => password) ? (Object.fromEntries(passwords) as StackSecrets) : undefined;
}

/** Writes new random passwords, readable by the owner alone. */
export function createSecrets(folder: StateFolder): StackSecrets {
  const passwords = OWNERS.map((owner) => [owner, randomBytes(24).toString('base64url')] as const);
  const properties = passwords.map(([owner, password]) => [`${owner}.password`, password] as const);
  const comment = '# Passwords of the local stack, made up by `connect up`.\n';
  writeWhole(folder.secretsFile, comment + propertiesText(Object.fromEntries(properties)), 0o600);
  return Object.fromEntries(passwords) as StackSecrets;
}
