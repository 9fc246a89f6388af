import { createScrub, HIDDEN, isReference } from '../../core/scrub.ts';
import { isSecretKey } from '../config-changes.ts';
import type { SinkConfig } from '../render/render-sink.ts';
import type { IgnoredSetting, PlannedChange } from './plan.ts';

/** A setting as its plugin declares it; undefined for one that nothing is known of. */
export type SettingLookup = (key: string) => { readonly type: string; readonly default?: string } | undefined;

export interface ConfigComparison {
  readonly changes: readonly PlannedChange[];
  readonly ignored: readonly IgnoredSetting[];
}

/** Connect writes the connector's name into its configuration. */
const SERVER_ADDED = new Set(['name']);
/** What clusters and their consoles show in the place of a password. */
const MASK = /^(\*+|\[hidden\]|<hidden>|\(secret\)|•+)$/i;

/** Whether a value is a mask and not what is really set. */
export const isMasked = (value: string): boolean => MASK.test(value);

/** Key by key, by what a value means: an unset key has its plugin's default, and numbers, booleans and lists have many spellings. */
export function compareConfigs(live: SinkConfig, desired: SinkConfig, settings: SettingLookup): ConfigComparison {
  const changes: PlannedChange[] = [];
  const ignored: IgnoredSetting[] = [];
  const keys = [...new Set([...Object.keys(live), ...Object.keys(desired)])].sort();
  for (const key of keys) {
    const before = live[key];
    const after = desired[key];
    if (before === after) continue;
    const setting = settings(key);
    const reason = whyIgnored(key, before, after, setting);
    if (reason === undefined) changes.push(shownChange(key, before, after, setting?.type));
    else ignored.push({ key, reason });
  }
  return { changes, ignored };
}

function whyIgnored(
  key: string,
  before: string | undefined,
  after: string | undefined,
  setting: ReturnType<SettingLookup>,
): string | undefined {
  if (SERVER_ADDED.has(key) && (before === undefined || after === undefined)) return 'server-added';
  const type = setting?.type ?? '';
  if (isSecret(key, type) && before !== undefined && after !== undefined && isMasked(before)) {
    return 'masked by the cluster, so it cannot be compared';
  }
  const default_ = setting?.default;
  const then = before ?? default_;
  const now = after ?? default_;
  if (then === undefined || now === undefined || canonical(then, type) !== canonical(now, type)) return undefined;
  return before === undefined || after === undefined ? `"${default_}" is the plugin's own default` : 'another spelling';
}

/** One form for every spelling that the worker reads alike. */
function canonical(value: string, type: string): string {
  const text = value.trim();
  switch (type) {
    case 'BOOLEAN':
      return text.toLowerCase();
    case 'SHORT':
    case 'INT':
    case 'LONG':
      return /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')).toString() : text;
    case 'LIST':
      return text
        .split(',')
        .map((word) => word.trim())
        .join(',');
    case 'CLASS':
      return text;
    default:
      return value;
  }
}

const isSecret = (key: string, type: string): boolean => type === 'PASSWORD' || isSecretKey(key);

function shownChange(
  key: string,
  before: string | undefined,
  after: string | undefined,
  type: string | undefined,
): PlannedChange {
  const secret = isSecret(key, type ?? '');
  return { key, before: shown(before, secret), after: shown(after, secret), secret };
}

// A URL or a JAAS text may hold a login among other things.
const scrub = createScrub();

function shown(value: string | undefined, secret: boolean): string | undefined {
  if (value === undefined || isReference(value)) return value;
  return secret ? HIDDEN : scrub(value);
}

/** A configuration as it may be shown and kept: what is no reference and may be a secret is hidden. */
export const withoutSecrets = (config: SinkConfig, settings: SettingLookup): SinkConfig =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, shown(value, isSecretSetting(key, settings)) ?? value]),
  );

/** Whether a setting holds a secret, by its plugin's word or by its name. */
export const isSecretSetting = (key: string, settings: SettingLookup): boolean =>
  isSecret(key, settings(key)?.type ?? '');
