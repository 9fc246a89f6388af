import { listOf } from '../../core/properties.ts';
import type { SinkConfig } from '../sink-config.ts';

/** A Java class that a setting names. */
export interface NamedClass {
  readonly name: string;
  /** The setting; one of the worker's begins with `worker `. */
  readonly setting: string;
}

const CONVERTERS = ['key.converter', 'value.converter', 'header.converter'];

/**
 * Classes that a connector's configuration and its worker's properties name, and that a plugin has to bring. Kafka's own are left
 * out: every worker has them.
 */
export function namedClasses(config: SinkConfig, worker: Readonly<Record<string, string>>): NamedClass[] {
  const types = (list: 'transforms' | 'predicates') => listOf(config[list]).map((alias) => `${list}.${alias}.type`);
  const providers = listOf(worker['config.providers']).map((provider) => `config.providers.${provider}.class`);
  const ofConnector = ['connector.class', ...CONVERTERS, ...types('transforms'), ...types('predicates')];
  const named = [
    ...ofConnector.map((setting) => ({ name: config[setting], setting })),
    ...[...CONVERTERS, ...providers].map((key) => ({ name: worker[key], setting: `worker ${key}` })),
  ];
  return named.flatMap(({ name, setting }) =>
    name === undefined || name.startsWith('org.apache.kafka.') ? [] : [{ name, setting }],
  );
}

/** Whether a name is a class's whole name. Connect also takes short ones, and a reference is known on the worker only. */
export const isClassName = (name: string): boolean => /^[\w$]+(\.[\w$]+)+$/.test(name);
