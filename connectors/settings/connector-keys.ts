import { packageFile } from '../../core/package-root.ts';
import { listOf } from '../../core/properties.ts';

/** A setting as its owner declares it. */
export interface KeyDefinition {
  readonly name: string;
  readonly type: string;
  readonly default?: string;
  readonly required?: boolean;
  /** Valid values as Kafka prints them: `[0,...]`, `[compact, delete]`. */
  readonly valid?: string;
}

/** Settings that one part knows; `prefixes` begin names that it takes whatever follows, `secretPrefixes` those of them that hold a login. */
export interface KnownKeys {
  readonly keys: ReadonlyMap<string, KeyDefinition>;
  readonly prefixes: readonly string[];
  readonly secretPrefixes: readonly string[];
}

/** What the pinned parts know, as a real worker lists it; see scripts/snapshot-connector-keys.mjs. */
export type ConnectorKeys = ReturnType<typeof read>;

interface Undeclared {
  readonly prefixes: readonly string[];
  readonly secretPrefixes?: readonly string[];
  readonly keys: readonly KeyDefinition[];
}

let loaded: ConnectorKeys | undefined;

/** Reads the snapshot once. */
export function connectorKeys(): ConnectorKeys {
  loaded ??= read();
  return loaded;
}

function read() {
  const undeclared = file<Record<string, Undeclared>>('undeclared');
  const known = (declared: readonly KeyDefinition[], owner = ''): KnownKeys => {
    const { prefixes, secretPrefixes = [], keys } = undeclared[owner] ?? { prefixes: [], keys: [] };
    return { keys: new Map([...declared, ...keys].map((key) => [key.name, key])), prefixes, secretPrefixes };
  };
  const sink = file<{ class: string; version: string; keys: KeyDefinition[] }>('sink');
  // A plugin that the pinned worker does not have tells nothing; its settings stand among the undeclared ones alone.
  const plugins: Record<string, { keys: readonly KeyDefinition[] }> = {
    ...Object.fromEntries(Object.keys(undeclared).map((name) => [name, { keys: [] }])),
    ...file<Record<string, { keys: KeyDefinition[] }>>('plugins'),
  };
  delete plugins[sink.class];
  return {
    connectorClass: sink.class,
    connectorVersion: sink.version,
    /** The sink's own settings and Connect's for any sink. */
    sink: known(sink.keys, sink.class),
    /** Transforms, predicates and converters by class. */
    plugins: new Map(Object.entries(plugins).map(([name, { keys }]) => [name, known(keys, name)])),
    consumer: known(file('consumer')),
    producer: known(file('producer')),
    admin: known(file('admin')),
    topic: known(file('topic')),
  };
}

const file = <T>(name: string): T => JSON.parse(packageFile(`connectors/settings/connector-keys/${name}.json`)) as T;

/** What a setting of a connector is: known with its definition, taken by a prefix, or unknown with the names it may have meant. */
export type LookedUp =
  | { readonly known: true; readonly definition?: KeyDefinition }
  | { readonly known: false; readonly candidates: readonly string[]; readonly owner: string };

const OVERRIDES = ['consumer', 'producer', 'admin'] as const;
// Connect's own, of every transform and predicate; the worker lists them only once a transform is configured.
const OF_TRANSFORMS = new Map(
  [
    { name: 'type', type: 'CLASS' },
    { name: 'predicate', type: 'STRING' },
    { name: 'negate', type: 'BOOLEAN' },
    { name: 'plugin.version', type: 'STRING' },
  ].map((key) => [key.name, key]),
);

/** Finds the owner of a connector's setting and asks it. */
export function lookUp(keys: ConnectorKeys, config: Readonly<Record<string, string>>, key: string): LookedUp {
  for (const client of OVERRIDES) {
    const prefix = `${client}.override.`;
    if (key.startsWith(prefix)) return within(keys[client], key, prefix, `Kafka's ${client}`);
  }
  const [, list = '', alias = ''] = /^(transforms|predicates)\.([^.]+)\./.exec(key) ?? [];
  if (list !== '') return inTransform(keys, config, key, list, alias);
  const [converter] = /^(key|value|header)\.converter\./.exec(key) ?? [];
  if (converter !== undefined && !keys.sink.keys.has(key)) {
    const type = config[converter.slice(0, -1)] ?? '';
    const plugin = keys.plugins.get(type);
    // A converter of the user's own: nothing is known of it.
    return plugin === undefined ? { known: true } : within(plugin, key, converter, type);
  }
  return within(keys.sink, key, '', `${keys.connectorClass.split('.').at(-1)} ${keys.connectorVersion}`, [
    'consumer.override.',
    'transforms.',
    'value.converter.',
  ]);
}

function inTransform(
  keys: ConnectorKeys,
  config: Readonly<Record<string, string>>,
  key: string,
  list: string,
  alias: string,
): LookedUp {
  const listed = listOf(config[list]);
  const prefix = `${list}.${alias}.`;
  if (!listed.includes(alias)) {
    const candidates = listed.map((name) => `${list}.${name}.${key.slice(prefix.length)}`);
    return { known: false, candidates, owner: `${list}, which lists ${listed.join(', ') || 'nothing'}` };
  }
  const own = OF_TRANSFORMS.get(key.slice(prefix.length));
  if (own !== undefined) return { known: true, definition: own };
  const type = config[`${prefix}type`] ?? '';
  const plugin = keys.plugins.get(type);
  return plugin === undefined ? { known: true } : within(plugin, key, prefix, type);
}

function within(
  { keys, prefixes, secretPrefixes }: KnownKeys,
  key: string,
  prefix: string,
  owner: string,
  more: readonly string[] = [],
): LookedUp {
  const name = key.slice(prefix.length);
  const definition = keys.get(name);
  if (definition !== undefined) return { known: true, definition };
  const begins = (start: string): boolean => name.startsWith(start) && name.length > start.length;
  if (secretPrefixes.some(begins)) return { known: true, definition: { name, type: 'PASSWORD' } };
  if (prefixes.some(begins)) return { known: true };
  return { known: false, candidates: [...[...keys.keys()].map((one) => `${prefix}${one}`), ...more], owner };
}

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
