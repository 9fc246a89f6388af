import { connectorKeys, lookUp } from './connector-keys.ts';

/** A setting as its plugin declares it; undefined for one that nothing is known of. */
export type SettingLookup = (
  key: string,
) => { readonly type: string; readonly default: string | undefined } | undefined;

/**
 * What the snapshot knows of the settings in a configuration: the type, and the default where the plugin itself decides it. The
 * worker decides the defaults of `consumer.override.` and its like, so none is given.
 */
export const settingsOf =
  (config: Readonly<Record<string, string>>): SettingLookup =>
  (key) => {
    const found = lookUp(connectorKeys(), config, key);
    if (!found.known || found.definition === undefined) return undefined;
    const isOverride = /^(consumer|producer|admin)\.override\./.test(key);
    return { type: found.definition.type, default: isOverride ? undefined : found.definition.default };
  };

/** For texts that are no connector settings: every difference counts. */
export const noSettings: SettingLookup = () => undefined;
