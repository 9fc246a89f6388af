import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseProperties } from '../core/properties.ts';
import { type Reference, referencesIn } from '../core/reference.ts';
import { mayReadFile, mayReadVariable } from '../pipeline/secret-rules.ts';
import type { SecretRules } from '../pipeline/types.ts';

/** Settings for a worker on this machine. */
export interface LocalSettings {
  /** A reference that cannot be resolved here stands as a word. */
  readonly settings: Readonly<Record<string, string>>;
  /** Those references, each with its setting: `${…} (connection.password)`. */
  readonly unresolved: readonly string[];
  /** Values that the others lead to. */
  readonly secrets: readonly string[];
  /** Variables that the worker needs to resolve them. */
  readonly variables: Readonly<Record<string, string>>;
}

const KAFKA = 'org.apache.kafka.common.config.provider';
const STANDS_FOR_IT = 'not-resolved';

/**
 * What of some settings can be resolved by Kafka's own config providers on this machine, which need neither a network nor a login.
 * `properties`: the worker's, which declare the providers. `rules`: what the project allows.
 */
export function localSettings(
  given: Readonly<Record<string, string>>,
  properties: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
  rules: SecretRules,
): LocalSettings {
  const unresolved: string[] = [];
  const secrets: string[] = [];
  const variables: Record<string, string> = {};
  const settings = Object.entries(given).map(([setting, text]) => {
    let shown = text;
    for (const reference of referencesIn(text)) {
      const providerClass = properties[`config.providers.${reference.provider}.class`] ?? '';
      const value = valueHere(providerClass, reference, env, rules);
      if (value === undefined) {
        shown = shown.replace(reference.text, STANDS_FOR_IT);
        unresolved.push(`${reference.text} (${setting})`);
      } else {
        secrets.push(value);
        if (providerClass === `${KAFKA}.EnvVarConfigProvider`) variables[reference.key] = value;
      }
    }
    return [setting, shown] as const;
  });
  return { settings: Object.fromEntries(settings), unresolved, secrets, variables };
}

function valueHere(
  providerClass: string,
  { path = '', key }: Reference,
  env: NodeJS.ProcessEnv,
  rules: SecretRules,
): string | undefined {
  try {
    if (providerClass === `${KAFKA}.EnvVarConfigProvider`) return mayReadVariable(rules, key) ? env[key] : undefined;
    const isFolder = providerClass === `${KAFKA}.DirectoryConfigProvider`;
    if (!mayReadFile(rules, isFolder ? join(path, key) : path)) return undefined;
    if (isFolder) return readFileSync(join(path, key), 'utf8');
    if (providerClass === `${KAFKA}.FileConfigProvider`) return parseProperties(readFileSync(path, 'utf8'))[key];
  } catch {
    // The file is on the workers, not here.
  }
  return undefined;
}
