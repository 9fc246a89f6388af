import {
  type ObservedTopic,
  observeTopics,
  type TopicSpec,
  topicDifferences,
  topicSpecs,
} from '../../../connectors/topics.ts';
import { broken, type Check, type Diagnosis, ok, warning } from '../check.ts';

/** Replication, retention, min.insync.replicas, cleanup.policy and partitions of every topic, against the definition. */
export const topicsSettings: Check<'environment' | 'streams' | 'kafka'> = {
  name: 'topics.settings',
  needs: ['kafka'],
  async run({ environment, streams, kafka }) {
    const { replicationFactor } = environment.kafka;
    const specs = streams.flatMap((stream) => topicSpecs(stream, replicationFactor));
    const live = await observeTopics(
      await kafka(),
      specs.map(({ name }) => name),
    );
    return specs.flatMap((spec) => judgeTopic(spec, live[spec.name], replicationFactor));
  },
};

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
