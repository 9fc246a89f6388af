import { listOf } from '../core/properties.ts';
import type { Place } from '../pipeline/finding.ts';
import { SETTING_OWNERS } from '../pipeline/setting-owners.ts';
import type { Environment, StreamDefinition } from '../pipeline/types.ts';
import type { YamlFile } from '../pipeline/yaml-file.ts';

type Config = Readonly<Record<string, string>>;

/** A sink's configuration in one environment, as the worker will get it, with the places that decide it. */
export type RenderedSink = ReturnType<typeof placeSink>;

/** Joins a rendered configuration with the places that decide it. */
export function placeSink(
  stream: StreamDefinition,
  environment: Environment,
  config: Config,
  definition: YamlFile,
  environments: YamlFile,
) {
  const inConfig = (key: string): readonly string[] => ['sink', 'config', key];
  /** Whether the definition sets it in `sink.config`. */
  const isWritten = (key: string): boolean => definition.has(inConfig(key));
  /** Where the definition or `connect.yaml` decides a setting. */
  const placeOf = (key: string): Place => {
    if (isWritten(key)) return definition.placeOf(inConfig(key));
    const owner = SETTING_OWNERS[key];
    if (owner?.environment !== undefined) {
      const path = ['environments', environment.name, ...owner.environment.split('.')];
      if (environments.has(path)) return environments.placeOf(path);
    }
    return definition.placeOf((owner?.definition ?? 'sink.name').split('.'));
  };
  const connector = stream.sink.name;
  return {
    environment,
    connector,
    config,
    isWritten,
    placeOf,
    /** What a finding is about and where: the first of these settings, and the others that disagree with it. */
    at: (key: string, ...others: readonly string[]): { path: string; places: [Place, ...Place[]] } => ({
      path: `${connector}.${key}`,
      places: [placeOf(key), ...others.map(placeOf)],
    }),
  };
}

/** A setting that is a whole number; `fallback` when it is not set, or a reference. */
export const numberOf = (text: string | undefined, fallback: number): number =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : fallback;

/** The parameters of a JDBC URL, as the driver takes them: the last of a repeated one wins. */
export const urlParameters = (url: string): ReadonlyMap<string, string> =>
  new Map(new URLSearchParams(/\?(.*)$/s.exec(url)?.[1]));

/** The names of the configured transforms whose class is `type`, in the order in which they run. */
const transformsOf = (config: Config, type: RegExp): string[] =>
  listOf(config.transforms).filter((name) => type.test(config[`transforms.${name}.type`] ?? ''));

/** What the transform InsertField adds by itself. */
const ADDED = ['topic', 'partition', 'offset', 'timestamp', 'static'];
const INSERTS = /\.InsertField\$Value$/;
const REPLACES = /\.ReplaceField\$Value$/;

/** Columns that Connect adds to each record (transform InsertField), and the setting that names each. */
export function addedColumns(config: Config): ReadonlyMap<string, string> {
  const keys = transformsOf(config, INSERTS).flatMap((name) => ADDED.map((what) => `transforms.${name}.${what}.field`));
  const set = keys.filter((key) => config[key] !== undefined);
  return new Map(set.map((key) => [config[key]?.replace(/[!?]$/, '') ?? '', key]));
}

/** The names in the transforms' selections (ReplaceField). */
export const selectedFields = (config: Config): string[] =>
  transformsOf(config, REPLACES).flatMap((name) => listOf(config[`transforms.${name}.include`]));

/** What is left of `fields`, and what has been added, once a record has gone through the transforms. */
export function writtenFields(config: Config, fields: readonly string[]): ReadonlySet<string> {
  const added = addedColumns(config);
  let written = [...fields];
  for (const name of transformsOf(config, /./)) {
    const type = config[`transforms.${name}.type`] ?? '';
    if (INSERTS.test(type)) {
      written.push(...[...added].filter(([, key]) => key.startsWith(`transforms.${name}.`)).map(([column]) => column));
    } else if (REPLACES.test(type)) {
      const include = listOf(config[`transforms.${name}.include`]);
      const exclude = listOf(config[`transforms.${name}.exclude`]);
      written = written.filter(
        (field) => !exclude.includes(field) && (include.length === 0 || include.includes(field)),
      );
    }
  }
  return new Set(written);
}
