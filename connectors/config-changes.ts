import type { SinkConfig } from './render.ts';

/** One key that differs; `before` undefined: added, `after` undefined: removed. */
export interface ConfigChange {
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const SECRET_KEY = /passw|secret|token|credential|jaas|api[-_.]?key|private[-_.]?key/i;

/** Whether a setting holds a secret, by its name. */
export const isSecretKey = (key: string): boolean => SECRET_KEY.test(key);

/** `${provider:…}` and nothing else: what the worker resolves, and no secret itself. */
export const isReference = (value: string): boolean => /^\$\{[^}]+\}$/.test(value);

/** What changes from the live to the desired configuration, by key. A secret that is no reference is not repeated. */
export function configChanges(live: SinkConfig, desired: SinkConfig): ConfigChange[] {
  const keys = [...new Set([...Object.keys(live), ...Object.keys(desired)])].sort();
  return keys
    .filter((key) => live[key] !== desired[key])
    .map((key) => ({ key, before: shown(key, live[key]), after: shown(key, desired[key]) }));
}

const shown = (key: string, value: string | undefined): string | undefined =>
  value !== undefined && isSecretKey(key) && !isReference(value) ? '(secret)' : value;
