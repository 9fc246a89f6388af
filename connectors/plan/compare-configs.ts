import { isByReference } from '../../core/reference.ts';
import { createScrub, HIDDEN } from '../../core/scrub.ts';
import { isSecretName } from '../../core/secret-names.ts';
import { type SettingLookup, settingsOf } from '../settings/connector-keys.ts';
import type { SinkConfig } from '../sink-config.ts';
import type { IgnoredSetting, PlannedChange } from './entry.ts';

export interface ComparisonOptions {
  /** Default: what is known of connector settings. */
  readonly settings?: SettingLookup;
  readonly decidedByHost?: readonly string[];
}

/** Another class is another connector under the same name. */
export const REPLACING_KEY = 'connector.class';

/** Connect writes the connector's name into its configuration. */
const SERVER_ADDED = new Set(['name']);
/** What clusters and services show in the place of a value that they hide: mostly a password. */
const MASK = /^(\*{2,}|\[hidden\]|<hidden>|\(secret\)|•+)$/i;

/** Whether a value is a mask and not what is really set. */
export const isMasked = (value: string): boolean => MASK.test(value);

/**
 * The one comparison of configurations, for plans, deploys and drift. Key by key, by what a value means: an unset key has its
 * plugin's default, and numbers, booleans and lists have many spellings. `decidedByHost`: keys whose live value is nobody's wish.
 */
export function compareConfigs(
  live: SinkConfig,
  desired: SinkConfig,
  { settings = settingsOf(desired), decidedByHost = [] }: ComparisonOptions = {},
) {
  const changes: PlannedChange[] = [];
  const ignored: IgnoredSetting[] = [];
  const keys = [...new Set([...Object.keys(live), ...Object.keys(desired)])].sort();
  for (const key of keys) {
    const before = live[key];
    const after = desired[key];
    if (before === after) continue;
    const setting = settings(key);
    const reason = decidedByHost.includes(key)
      ? 'autoscaled capacity decides'
      : whyIgnored(key, before, after, setting);
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
  if (before !== undefined && after !== undefined && isMasked(before)) {
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

const isSecret = (key: string, type: string | undefined): boolean => type === 'PASSWORD' || isSecretName(key);

function shownChange(
  key: string,
  before: string | undefined,
  after: string | undefined,
  type: string | undefined,
): PlannedChange {
  const secret = isSecret(key, type);
  return { key, before: shown(before, secret), after: shown(after, secret), secret };
}

// A URL or a JAAS text may hold a login among other things.
const scrub = createScrub();

function shown<V extends string | undefined>(value: V, secret: boolean): V | string {
  if (value === undefined || isByReference(value)) return value;
  return secret ? HIDDEN : scrub(value);
}

/** A configuration as it may be shown and kept: what is no reference and may be a secret is hidden. */
export function withoutSecrets(config: SinkConfig): SinkConfig {
  const settings = settingsOf(config);
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, shown(value, isSecret(key, settings(key)?.type))]),
  );
}

/** A mask must never be saved over a secret: where the cluster shows one, the wanted value is the best there is. */
export const restorable = (live: SinkConfig, desired: SinkConfig): SinkConfig =>
  Object.fromEntries(
    Object.entries(live).map(([key, value]) => [key, isMasked(value) ? (desired[key] ?? value) : value]),
  );
