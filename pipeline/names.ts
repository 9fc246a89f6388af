import type { Environment, GroupRoles, StreamDefinition } from './types.ts';

/** Every name that derives from a definition is spelled here and nowhere else. */

/** What the names of a definition's own topics begin with: definitions that read one topic have one each. */
const derivedFrom = ({ topic }: Pick<StreamDefinition, 'topic'>): string => topic.derived ?? topic.name;

/** Topic of refused updates: original bytes and the reason in headers. */
export const rejectedTopic = (stream: Pick<StreamDefinition, 'topic'>): string => `${derivedFrom(stream)}.rejected`;

/** Topic of records that the sink could not decode or the database refused. */
export const deadLetterTopic = (stream: Pick<StreamDefinition, 'topic'>): string => `${derivedFrom(stream)}.dlq`;

/** Compacted topic with the producer's resume point, and with what replays and `quarantine` have to remember. */
export const checkpointTopic = (stream: Pick<StreamDefinition, 'topic'>): string => `${derivedFrom(stream)}.checkpoint`;

/** The topics of a stream, by what they hold. */
export const streamTopics = (stream: Pick<StreamDefinition, 'topic'>) => ({
  /** What the feed sent, one record an update. */
  data: stream.topic.name,
  rejected: rejectedTopic(stream),
  deadLetter: deadLetterTopic(stream),
  checkpoint: checkpointTopic(stream),
});

/** Registry subject of the topic's values. */
export const valueSubject = (stream: Pick<StreamDefinition, 'topic'>): string => `${stream.topic.name}-value`;

/** Consumer group of the stream's sink connector. */
export const sinkGroup = (stream: { readonly sink: Pick<StreamDefinition['sink'], 'name'> }): string =>
  `connect-${stream.sink.name}`;

/** The field by which a feed says in which of a slot's banks an update was executed. */
const BANK_FIELD = 'bank_id';

/** Whether a field says something about a delivery of an update, not about the update: two deliveries may differ in it. */
export const isDeliveryField = ({ table }: Pick<StreamDefinition, 'table'>, name: string): boolean =>
  name === BANK_FIELD || name === table.current?.ordinal;

/** The group roles of a database. */
export const groupRoles = ({ name, roles }: Pick<Environment['database'], 'name' | 'roles'>): GroupRoles => ({
  owner: `${name}_owner`,
  sink: `${name}_sink`,
  reader: `${name}_reader`,
  ...roles,
});

/** Columns that every stream's table has beyond the Avro fields: the record a row came from. */
export const traceColumns = { partition: 'kafka_partition', offset: 'kafka_offset' } as const;
