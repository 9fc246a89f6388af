import { ConnectError } from '../core/errors.ts';
import { listOf } from '../core/properties.ts';
import { isByReference } from '../core/reference.ts';
import type { Scrub } from '../core/scrub.ts';
import { deadLetterTopic } from '../pipeline/names.ts';
import { decidedElsewhere, OWNER_KEY } from '../pipeline/setting-owners.ts';
import type { Environment, StreamDefinition } from '../pipeline/types.ts';
import { compareConfigs, isMasked, withoutSecrets } from './plan/compare-configs.ts';
import type { PlannedChange } from './plan/entry.ts';
import { CONNECTOR_CLASS } from './render/debezium-jdbc.ts';
import { renderSink } from './render/render-sink.ts';
import { type DeclaredState, requestedState } from './run-state.ts';
import { settingsOf } from './settings/connector-keys.ts';
import type { RunState, SinkConfig, SinkFields } from './sink-config.ts';

/** What a connector's configuration does not say about its stream. */
export interface ImportContext {
  readonly environment: Environment;
  readonly fields: SinkFields;
  readonly state: RunState;
  readonly stream: UnsinkedStream;
  /** Hides what is known to be secret. */
  readonly scrub: Scrub;
}

/** Everything of a definition but what its sink's configuration says. */
export type UnsinkedStream = Omit<StreamDefinition, 'table' | 'sink'> & {
  readonly table: Pick<StreamDefinition['table'], 'current' | 'fold'>;
};

export interface ImportedSink {
  readonly stream: StreamDefinition;
  /** What a deploy of it would still change, because no definition can say it. */
  readonly differences: readonly PlannedChange[];
}

/** What `sink.omit` says at no cost, the sink would work out again for every field of every record. */
const SINKS_OWN_LIST = 'field.include.list';

/** A rendered sink has some sixty settings. */
const MAX_SETTINGS = 1_000;
const MAX_LENGTH = 1 << 20;

/** The topic a connector reads. Errors: REFUSED for a connector that no definition can make. */
export function importedTopic(name: string, config: SinkConfig): string {
  const refuse = (why: string): never => {
    throw new ConnectError('REFUSED', `${name} cannot be imported: ${why}`, { details: { connector: name } });
  };
  if (config['connector.class'] !== CONNECTOR_CLASS) {
    const now = config['connector.class'] ?? 'connector without a class';
    return refuse(`it is a ${now}, definitions make ${CONNECTOR_CLASS}`);
  }
  const texts = Object.entries(config).flat();
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  if (texts.length > 2 * MAX_SETTINGS || length > MAX_LENGTH)
    return refuse('its configuration is larger than any sink needs');
  const [topic, ...others] = listOf(config.topics);
  if (topic === undefined || others.length > 0) return refuse('a stream has one topic, named by `topics`');
  return topic;
}

/**
 * A live connector as a definition that renders to the same configuration, as far as a definition can say it. Secrets come along
 * as the references they are. Errors: REFUSED for a secret that is none: it must not land in a file.
 */
export function importSink(name: string, live: SinkConfig, context: ImportContext): ImportedSink {
  const { environment, fields, scrub } = context;
  const settings = settingsOf(live);
  const bare = toStream(name, live, context);
  const rendered = renderSink(bare, environment, fields);
  const config = Object.fromEntries(
    compareConfigs(live, rendered, { settings })
      .changes.filter(({ key }) => key !== SINKS_OWN_LIST && decidedElsewhere(key) === undefined)
      .flatMap(({ key }) => {
        const value = live[key] ?? settings(key)?.default;
        return value === undefined ? [] : [[key, importable(name, live, key, value, scrub)]];
      }),
  );
  const stream = { ...bare, sink: { ...bare.sink, config } };
  const { changes } = compareConfigs(live, renderSink(stream, environment, fields), { settings });
  // That it becomes this project's is what importing is for.
  return { stream, differences: changes.filter(({ key }) => key !== OWNER_KEY) };
}

function toStream(name: string, live: SinkConfig, { stream, fields, state }: ImportContext): StreamDefinition {
  const settings = settingsOf(live);
  const { current, fold } = stream.table;
  const maxPollRecords = numberOf(live['consumer.override.max.poll.records'] ?? '500');
  const declared = requestedState(state).toLowerCase() as DeclaredState;
  const relation = (live['collection.name.format'] ?? settings('collection.name.format')?.default ?? '').replaceAll(
    /\$\{(topic|source\.topic)\}/g,
    stream.topic.name,
  );
  return {
    ...stream,
    table: {
      name: relation.includes('.') ? relation : `public.${relation}`,
      key: (live['primary.key.fields'] ?? '').split(',').map((column) => column.trim()),
      current,
      fold,
    },
    sink: {
      name,
      tasksMax: numberOf(live['tasks.max'] ?? '1'),
      batchSize: Math.min(numberOf(live['batch.size'] ?? settings('batch.size')?.default ?? '500'), maxPollRecords),
      maxPollRecords,
      maxPartitionFetchBytes: numberOf(live['consumer.override.max.partition.fetch.bytes'] ?? '1048576'),
      state: declared === 'running' ? undefined : declared,
      onUndecodable: live['errors.deadletterqueue.topic.name'] === deadLetterTopic(stream) ? 'dlq' : 'fail',
      omit: omitted(live, stream.topic.name, fields),
      config: {},
    },
  };
}

/** Fields that the live connector leaves out, by our transform or by a list of its own; all are written where it names none. */
function omitted(live: SinkConfig, topic: string, fields: SinkFields): string[] {
  const list = live['transforms.only.include'] ?? live[SINKS_OWN_LIST];
  if (list === undefined) return [];
  const included = new Set(listOf(list).map((item) => item.replace(`${topic}:`, '')));
  return fields.map((field) => field.name).filter((field) => !included.has(field));
}

/** Errors: REFUSED for a secret that is no reference. */
function importable(connector: string, live: SinkConfig, key: string, value: string, scrub: Scrub): string {
  if (isByReference(value)) return value;
  const isShown = withoutSecrets({ ...live, [key]: value })[key] === value && scrub(value) === value;
  if (!isMasked(value) && isShown) return value;
  throw new ConnectError('REFUSED', `${connector} has a secret in ${key} that is no reference; nothing was written`, {
    details: { connector, key },
    hint: "put it where the worker's config provider finds it, set the reference on the worker, and import again",
  });
}

const numberOf = (text: string): number => Number.parseInt(text, 10);
