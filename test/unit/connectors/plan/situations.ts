import type { ObservedMigrations } from '../../../../connectors/plan/migration-plan.ts';
import type { DesiredStream, ObservedStream } from '../../../../connectors/plan/plan.ts';
import { renderSink } from '../../../../connectors/render.ts';
import { type ObservedTopic, topicSpecs } from '../../../../connectors/topics.ts';
import { positions, staging } from '../stream.ts';

const config = renderSink(positions, staging, [{ name: 'slot' }, { name: 'size' }]);

const desired: DesiredStream = {
  topics: topicSpecs(positions, staging.kafka.replicationFactor),
  replicationFactor: staging.kafka.replicationFactor,
  subject: 'positions-value',
  connector: { name: 'positions-sink', config },
};

const topics: Readonly<Record<string, ObservedTopic>> = Object.fromEntries(
  desired.topics.map((spec) => [spec.name, { partitions: spec.partitions, replicas: 3, config: spec.config }]),
);

const subject = { latest: 4, known: 4, level: 'BACKWARD_TRANSITIVE', problems: [] };
const connector = { config, state: 'RUNNING' as const };
const inSync: ObservedStream = { topics, subject, connector };
const migrated: ObservedMigrations = { applied: ['0001_positions', '0002_fold'], pending: [] };
const password = '$' + '{secretsmanager:perps/db:password}';

/** What was seen and what is wanted, where that differs from a stream that is in sync. */
export interface Situation {
  readonly desired?: DesiredStream;
  readonly observed?: ObservedStream;
  readonly migrations?: ObservedMigrations;
  readonly growTopics?: boolean;
}

const live = (changes: Readonly<Record<string, string | undefined>>): Situation => ({
  observed: { ...inSync, connector: { ...connector, config: patched(changes) } },
});
const wanted = (changes: Readonly<Record<string, string | undefined>>): Situation => ({
  desired: { ...desired, connector: { ...desired.connector, config: patched(changes) } },
});
const patched = (changes: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ ...config, ...changes }).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
const topic = (name: string, changes: Partial<ObservedTopic>): Situation => ({
  observed: { ...inSync, topics: { ...topics, [name]: { ...(topics[name] as ObservedTopic), ...changes } } },
});
const seenSubject = (changes: Partial<Omit<ObservedStream['subject'], 'latest'>>): Situation => ({
  observed: { ...inSync, subject: { latest: 4, level: subject.level, problems: [], ...changes } },
});
const grown: DesiredStream = {
  ...desired,
  topics: desired.topics.map((spec, index) => (index === 0 ? { ...spec, partitions: 8 } : spec)),
};

/** Each is a golden file of its name. */
export const situations: Readonly<Record<string, Situation>> = {
  'in sync': {},
  'nothing exists': {
    observed: { topics: {}, subject: { level: subject.level, problems: [] }, connector: undefined },
    migrations: { applied: [], pending: ['0001_positions', '0002_fold'] },
  },
  'connector missing': { observed: { ...inSync, connector: undefined } },
  'connector not yet seen by the cluster': { observed: { ...inSync, connector: { config, state: undefined } } },
  'connector failed but configured as wanted': { observed: { ...inSync, connector: { config, state: 'FAILED' } } },
  'connector paused by hand': { observed: { ...inSync, connector: { ...connector, state: 'PAUSED' } } },
  'connector stopped by hand, with a change waiting': {
    observed: { ...inSync, connector: { config: patched({ 'batch.size': '500' }), state: 'STOPPED' } },
  },
  'one setting differs': live({ 'batch.size': '500' }),
  'several settings differ': live({ 'batch.size': '500', 'tasks.max': '1', 'flush.max.retries': '5' }),
  'a setting added by hand is taken away': live({ 'truncate.enabled': 'true' }),
  'a setting nobody knows is taken away': live({ 'made.up': 'yes' }),
  'a setting is new': live({ 'use.time.zone': 'Europe/Berlin', 'hibernate.dialect': undefined }),
  'a live default spelled out is no change': live({ 'truncate.enabled': 'false' }),
  'a wanted default that is not spelled out live is no change': wanted({ 'truncate.enabled': 'false' }),
  'a default of the consumer is not taken for granted': wanted({ 'consumer.override.fetch.min.bytes': '1' }),
  'another spelling of a number and a boolean is no change': live({
    'batch.size': ' 5000',
    'delete.enabled': 'FALSE',
  }),
  'another spelling of a text is a change': live({ 'connection.username': 'App' }),
  'the name is added by the server': wanted({ name: undefined }),
  'another reference to the password': live({ 'connection.password': '$' + '{secretsmanager:old/db:password}' }),
  'a literal password on the worker': live({ 'connection.password': 'hunter2-plain' }),
  'a literal password on both sides': {
    ...live({ 'connection.password': 'hunter2-plain' }),
    ...wanted({ 'connection.password': 'hunter3-plain' }),
  },
  'a masked password': live({ 'connection.password': '********' }),
  'a password in a URL': live({ 'connection.url': 'jdbc:postgresql://db:5432/perps?user=app&password=hunter2-plain' }),
  'a JAAS text': live({
    'consumer.override.sasl.jaas.config': 'ScramLoginModule required username="app" password="hunter2-plain";',
  }),
  'no password live': live({ 'connection.password': undefined }),
  'another connector class': live({ 'connector.class': 'io.aiven.connect.jdbc.JdbcSinkConnector' }),
  'the data topic is missing': { observed: { ...inSync, topics: { ...topics, positions: undefined as never } } },
  'a topic keeps its records for another time': topic('positions', {
    config: { ...topics.positions?.config, 'retention.ms': '1000' },
  }),
  'a topic has too few copies': topic('positions.checkpoint', { replicas: 1 }),
  'a topic has more partitions than wanted': topic('positions', { partitions: 12 }),
  'a topic has fewer partitions than wanted': { desired: grown },
  'a topic is grown on request': { desired: grown, growTopics: true },
  'the subject does not exist': {
    observed: { ...inSync, subject: { level: subject.level, problems: [] } },
  },
  'a compatible schema is not registered yet': seenSubject({}),
  'an older version is the schema of the project': seenSubject({ known: 2 }),
  'an incompatible schema': seenSubject({
    problems: ['schemas/position-update.avsc:41:7  size: the scale of a decimal cannot change'],
  }),
  'a migration is pending': { migrations: { applied: ['0001_positions'], pending: ['0002_fold'] } },
  'a history that is not that of the files': {
    migrations: { applied: [], pending: [], problem: '0001_positions was edited after it was applied' },
  },
  'everything at once': {
    desired: grown,
    observed: {
      topics: { ...topics, 'positions.dlq': undefined as never },
      subject: { latest: 4, level: subject.level, problems: [] },
      connector: {
        config: patched({ 'batch.size': '500', 'connection.password': password.replace('db', 'old') }),
        state: 'RUNNING',
      },
    },
    migrations: { applied: ['0001_positions'], pending: ['0002_fold'] },
    growTopics: true,
  },
};

/** The whole input of a plan. */
export const inputOf = (situation: Situation) => ({
  environment: staging.name,
  target: 'Kafka Connect at connect:8083',
  migrations: situation.migrations ?? migrated,
  streams: [{ desired: situation.desired ?? desired, observed: situation.observed ?? inSync }],
  growTopics: situation.growTopics ?? false,
});
