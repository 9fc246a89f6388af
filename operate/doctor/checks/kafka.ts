import { positionsIn } from '../../../connectors/sink-group.ts';
import {
  type ObservedTopic,
  observeTopics,
  type TopicSpec,
  topicDifferences,
  topicSpecs,
} from '../../../connectors/topics.ts';
import { largestRecord, topicRisks } from '../../../contract/topic-risks.ts';
import type { KafkaAdmin } from '../../../core/kafka-admin.ts';
import { isOlder } from '../../../core/version.ts';
import { projectFile } from '../../../pipeline/load.ts';
import type { Project, StreamDefinition } from '../../../pipeline/types.ts';
import { loadAvroSchema } from '../../../schemas/avro-schema.ts';
import { type Gap, openGaps, unreadGaps } from '../../gaps.ts';
import { broken, type Check, type Diagnosis, ok, perStream, warning } from '../check.ts';

/** Older brokers lack what this package's client and Connect ask for. */
const OLDEST = '2.8';

/** The cluster answers, is recent enough, and has as many brokers as a partition has copies. */
export const kafkaReachable: Check<'environment' | 'kafka'> = {
  name: 'kafka.reachable',
  reaches: 'kafka',
  needs: [],
  async run({ environment, kafka }) {
    const admin = await kafka();
    const brokers = await admin.brokers();
    const subject = `Kafka at ${environment.kafka.brokers.join(', ')}`;
    const { replicationFactor } = environment.kafka;
    if (brokers.length < replicationFactor) {
      const message = `${brokers.length} of at least ${replicationFactor} brokers are there`;
      return [
        broken(subject, message, 'start the missing brokers, or correct kafka.replicationFactor in connect.yaml'),
      ];
    }
    const version = await protocolVersion(admin, brokers[0] ?? 0);
    const count = brokers.length === 1 ? '1 broker' : `${brokers.length} brokers`;
    if (version !== undefined && isOlder(version, OLDEST)) {
      const remedy = `update the brokers: ${OLDEST} is the oldest supported`;
      return [warning(subject, `${count}, protocol ${version}`, remedy)];
    }
    return [ok(subject, `${count}, ${version === undefined ? 'Kafka 4 or newer' : `protocol ${version}`}`)];
  },
};

/** Brokers have their version in this setting alone, which Kafka 4 no longer has. */
async function protocolVersion(admin: KafkaAdmin, broker: number): Promise<string | undefined> {
  const setting = await admin.brokerSetting(broker, 'inter.broker.protocol.version');
  return /^\d+\.\d+/.exec(setting ?? '')?.[0];
}

/**
 * Replication, retention, min.insync.replicas, cleanup.policy and partitions of every topic, against the definition; and what
 * the settings that a data topic has there, the brokers' own defaults included, would do to records.
 */
export const topicsSettings: Check<'environment' | 'project' | 'streams' | 'kafka'> = {
  name: 'topics.settings',
  needs: ['kafka'],
  async run({ environment, project, streams, kafka }) {
    const { replicationFactor } = environment.kafka;
    const specs = streams.flatMap((stream) => topicSpecs(stream, replicationFactor));
    const live = await observeTopics(
      await kafka(),
      specs.map(({ name }) => name),
    );
    return [
      ...specs.flatMap((spec) => judgeTopic(spec, live[spec.name], replicationFactor)),
      ...streams.flatMap((stream) => judgeRisks(project, stream, live[stream.topic.name])),
    ];
  },
};

function judgeRisks(project: Project, stream: StreamDefinition, live: ObservedTopic | undefined): Diagnosis[] {
  if (live === undefined) return [];
  const { name, key: recordKey } = stream.topic;
  const { fields } = loadAvroSchema(projectFile(project, stream.schema));
  return [...topicRisks(live.config, largestRecord(fields, recordKey))].map(({ key, message, remedy }) =>
    broken(name, message, `${remedy}: ${alter(name)} ${key}=…`),
  );
}

/** A topic that is compacted or cut otherwise than defined loses records; the rest costs safety or order. */
function judgeTopic(spec: TopicSpec, live: ObservedTopic | undefined, replicationFactor: number): Diagnosis[] {
  const { name } = spec;
  if (live === undefined) return [warning(name, 'does not exist yet', 'run `connect deploy`, which creates it')];
  const diagnoses = topicDifferences(spec, live, replicationFactor).map((difference) => {
    if (difference.startsWith('cleanup.policy')) {
      return broken(
        name,
        `${difference}: records get lost`,
        `${alter(name)} cleanup.policy=${spec.config['cleanup.policy']}`,
      );
    }
    const [key = ''] = difference.split(' ');
    const wanted = spec.config[key];
    return warning(
      name,
      difference,
      wanted === undefined ? 'reassign its partitions (kafka-reassign-partitions)' : `${alter(name)} ${key}=${wanted}`,
    );
  });
  if (live.partitions !== spec.partitions) {
    const difference = `it has ${live.partitions} partitions, the definition says ${spec.partitions}`;
    diagnoses.push(broken(name, difference, `set topic.partitions to ${live.partitions}; \`connect plan\` says more`));
  }
  const copies = live.replicas === 1 ? '1 copy' : `${live.replicas} copies`;
  return diagnoses.length > 0 ? diagnoses : [ok(name, `${live.partitions} partitions, ${copies}, settings as defined`)];
}

const alter = (topic: string): string =>
  `kafka-configs --alter --entity-type topics --entity-name ${topic} --add-config`;

/** Kafka has not deleted records before the sink read them; gaps that somebody has accepted go on being told. */
export const retentionOverrun: Check<'streams' | 'kafka' | 'acceptedGaps'> = {
  name: 'topics.retention-overrun',
  needs: ['kafka'],
  run: perStream(async (stream, { kafka, acceptedGaps }) => {
    const topic = stream.topic.name;
    const positions = await positionsIn(await kafka(), stream);
    if (positions === undefined) return [];
    const deleted = (gap: Gap): string =>
      `records ${gap.from} to ${gap.to} of partition ${gap.partition} were deleted before the sink read them`;
    const known = await acceptedGaps(stream);
    const open = openGaps(unreadGaps(positions), known).map((gap) =>
      broken(
        topic,
        `${deleted(gap)}: their rows are missing`,
        'start the sink with --accept-gap, publish them again from the feed (`connect produce --from-slot`), then `connect verify`; raise topic.config retention.ms',
      ),
    );
    const accepted = known.map((gap) =>
      warning(
        topic,
        `${deleted(gap)}; accepted at ${gap.at}`,
        'publish them again from the feed (`connect produce --from-slot`) while it still has them',
      ),
    );
    const found = [...open, ...accepted];
    return found.length > 0 ? found : ok(topic, 'every record that the sink has still to read is there');
  }),
};
