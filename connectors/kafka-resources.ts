import { checkpointTopic, deadLetterTopic, rejectedTopic, sinkGroup } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';

/** What rights in a Kafka cluster are about. `isPrefix`: everything whose name begins so. */
export interface KafkaResource {
  readonly type: 'Topic' | 'Group' | 'Cluster';
  readonly name: string;
  readonly isPrefix: boolean;
}

type Streams = readonly StreamDefinition[];

const named =
  (type: KafkaResource['type'], isPrefix: boolean, ...of: readonly ((stream: StreamDefinition) => string)[]) =>
  (streams: Streams): KafkaResource[] =>
    streams.flatMap((stream) => of.map((name) => ({ type, name: name(stream), isPrefix })));

const topics = (...of: readonly ((stream: StreamDefinition) => string)[]) => named('Topic', false, ...of);

const dataTopic = ({ topic }: StreamDefinition): string => topic.name;

/** By kind: what the commands have to do with in Kafka. The one list, for IAM policies and for Kafka's own ACLs. */
export const KAFKA_RESOURCES = {
  /** Kafka has one name for every cluster. */
  ConnectToCluster: (): KafkaResource[] => [{ type: 'Cluster', name: 'kafka-cluster', isPrefix: false }],
  Topics: topics(dataTopic, rejectedTopic, deadLetterTopic, checkpointTopic),
  DataTopics: topics(dataTopic),
  /** Everything but the stream's own records. */
  SideTopics: topics(rejectedTopic, deadLetterTopic, checkpointTopic),
  /** What the command line writes to: marks, copies for the dead letters, and what is replayed. */
  WriteTopics: topics(dataTopic, deadLetterTopic, checkpointTopic),
  KeepMarks: topics(checkpointTopic),
  SinkGroups: named('Group', false, sinkGroup),
  /** Groups that the command line reads topics with; each lives as long as the command. */
  OwnGroups: (): KafkaResource[] => [{ type: 'Group', name: 'perps-connect-', isPrefix: true }],
  ProducerTopics: topics(dataTopic, rejectedTopic, checkpointTopic),
  ProducerGroups: named('Group', true, ({ name }) => `connect-producer-${name}-`),
} as const satisfies Record<string, (streams: Streams) => readonly KafkaResource[]>;

/** A kind of them. */
export type KafkaResourceKind = keyof typeof KAFKA_RESOURCES;
