import { type ConnectorKeys, lookUp } from './connector-keys.ts';

/**
 * What the snapshot knows of a setting: its type, and its default where the plugin itself decides that. The defaults of
 * `consumer.override.` and its like are the worker's business, so none is given.
 */
export function settingOf(
  keys: ConnectorKeys,
  config: Readonly<Record<string, string>>,
  key: string,
): { readonly type: string; readonly default?: string } | undefined {
  const found = lookUp(keys, config, key);
  if (!found.known || found.definition === undefined) return undefined;
  const { type, default: ownDefault } = found.definition;
  const isOverride = /^(consumer|producer|admin)\.override\./.test(key);
  return { type, ...(ownDefault === undefined || isOverride ? {} : { default: ownDefault }) };
}
