import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseProperties, propertiesText } from '../core/properties.ts';
import { writeWhole } from '../core/write-whole.ts';
import type { StateFolder } from './folders.ts';

/** Those of a server that is there cannot be made up again; those of the later ones are set at each start. */
const FIRST_OWNERS = ['superuser', 'database', 'registry'] as const;
const OWNERS = [...FIRST_OWNERS, 'worker', 'viewer'] as const;

/** Passwords of the local PostgreSQL; made up on the first start. `database` is that of the login that owns it. */
export type StackSecrets = Readonly<Record<(typeof OWNERS)[number], string>>;

/** Reads `.connect/secrets.properties`; undefined when a password is missing. */
export function readSecrets(folder: StateFolder): StackSecrets | undefined {
  const passwords = readPasswords(folder);
  return OWNERS.every((owner) => passwords[owner]) ? (passwords as StackSecrets) : undefined;
}

/** Whether the file lacks a password without which nobody gets into a server that was made before. */
export function lacksOldSecret(folder: StateFolder): boolean {
  const passwords = readPasswords(folder);
  return FIRST_OWNERS.some((owner) => !passwords[owner]);
}

function readPasswords({ secretsFile }: StateFolder): Partial<StackSecrets> {
  let text: string;
  try {
    text = readFileSync(secretsFile, 'utf8');
  } catch {
    return {};
  }
  const values = parseProperties(text);
  return Object.fromEntries(OWNERS.map((owner) => [owner, values[`${owner}.password`]]));
}

/** Writes random passwords for those that have none, readable by the owner alone. */
export function createSecrets(folder: StateFolder): StackSecrets {
  const known = readPasswords(folder);
  const passwords = OWNERS.map((owner) => [owner, known[owner] || randomBytes(24).toString('base64url')] as const);
  const properties = passwords.map(([owner, password]) => [`${owner}.password`, password] as const);
  const comment = '# Passwords of the local stack, made up by `connect up`.\n';
  writeWhole(folder.secretsFile, comment + propertiesText(Object.fromEntries(properties)), 0o600);
  return Object.fromEntries(passwords) as StackSecrets;
}
