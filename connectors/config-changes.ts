import { isReference } from '../core/reference.ts';
import { HIDDEN } from '../core/scrub.ts';
import { isSecretSettingName } from '../core/secret-names.ts';
import type { SinkConfig } from './sink-config.ts';

/** One key that differs; `before` undefined: added, `after` undefined: removed. */
export interface ConfigChange {
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What changes from the live to the desired configuration, by key. A secret that is no reference is not repeated. */
export function configChanges(live: SinkConfig, desired: SinkConfig): ConfigChange[] {
  const keys = [...new Set([...Object.keys(live), ...Object.keys(desired)])].sort();
  return keys
    .filter((key) => live[key] !== desired[key])
    .map((key) => ({ key, before: shown(key, live[key]), after: shown(key, desired[key]) }));
}

const shown = (key: string, value: string | undefined): string | undefined =>
  value !== undefined && isSecretSettingName(key) && !isReference(value) ? HIDDEN : value;
