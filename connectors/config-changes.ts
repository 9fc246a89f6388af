import { HIDDEN, isReference, isSecretName } from '../core/scrub.ts';
import type { SinkConfig } from './sink-config.ts';

/** One key that differs; `before` undefined: added, `after` undefined: removed. */
export interface ConfigChange {
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

// Kafka's PASSWORD settings whose names do not tell.
const KEY_MATERIAL = /ssl\.(keystore\.(key|certificate\.chain)|truststore\.certificates)$|user\.info$/;

/** Whether a connector's setting holds a secret, by its name: every setting that the pinned parts call a PASSWORD, and more. */
export const isSecretKey = (key: string): boolean => isSecretName(key) || KEY_MATERIAL.test(key);

/** What changes from the live to the desired configuration, by key. A secret that is no reference is not repeated. */
export function configChanges(live: SinkConfig, desired: SinkConfig): ConfigChange[] {
  const keys = [...new Set([...Object.keys(live), ...Object.keys(desired)])].sort();
  return keys
    .filter((key) => live[key] !== desired[key])
    .map((key) => ({ key, before: shown(key, live[key]), after: shown(key, desired[key]) }));
}

const shown = (key: string, value: string | undefined): string | undefined =>
  value !== undefined && isSecretKey(key) && !isReference(value) ? HIDDEN : value;
