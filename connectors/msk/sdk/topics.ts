import type { KafkaClient } from '@aws-sdk/client-kafka';
import { ConnectError } from '../../../core/errors.ts';
import type { PartitionPlacement } from '../../../core/kafka-admin.ts';
import { once } from '../../../core/once.ts';
import { optionalPackage } from '../../../core/optional-package.ts';
import { waitFor } from '../../../core/retry.ts';
import { regionOf } from '../../../pipeline/kafka-settings.ts';
import type { TopicAdmin } from '../../topics.ts';
import { askAws, type CallBounds, clientOptions } from './client.ts';

export interface MskTopicsOptions {
  readonly cluster: string;
  /** Another address of the service. */
  readonly endpoint?: string | undefined;
  readonly bounds: CallBounds;
  /** Pause between two looks. */
  readonly pollMs?: number;
}

type Sdk = typeof import('@aws-sdk/client-kafka');

/** Settings travel as JSON in Base64: the service's model says Base64, Terraform's provider what is in it. */
const toConfigs = (config: Readonly<Record<string, string>>): string =>
  Buffer.from(JSON.stringify(config)).toString('base64');

const fromConfigs = (text: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(JSON.parse(Buffer.from(text, 'base64').toString('utf8') || '{}') as object).map(([key, value]) => [
      key,
      String(value),
    ]),
  );

/** MSK tells of a change after up to a minute. */
const TOLD_MS = 180_000;
const POLL_MS = 5_000;

/**
 * The topics of an MSK cluster by MSK's own calls, which need no way to the brokers. It has them for provisioned clusters of Kafka
 * 3.6 or newer. Errors: REFUSED for another cluster and without permission; TIMEOUT, UNREACHABLE, NOT_READY; ENVIRONMENT when the
 * package or credentials are missing.
 */
export function createMskTopics({ cluster, endpoint, bounds, pollMs = POLL_MS }: MskTopicsOptions): TopicAdmin {
  const region = regionOf(cluster);
  const load = once(
    async () => {
      const sdk = await optionalPackage(
        '@aws-sdk/client-kafka',
        'looking after the topics of an MSK cluster',
        () => import('@aws-sdk/client-kafka'),
      );
      return { sdk, client: new sdk.KafkaClient(await clientOptions({ region, endpoint })) };
    },
    { again: true },
  );
  const call = <T>(
    what: string,
    ask: (sdk: Sdk, client: KafkaClient, options: { readonly abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> =>
    // No answer of these holds a secret.
    askAws(
      `MSK in ${region} could not ${what}`,
      bounds,
      (text) => text,
      async (options) => {
        const { sdk, client } = await load();
        return ask(sdk, client, options);
      },
    );

  const describe = async (name: string) => {
    const topic = await call(`describe topic ${name}`, (sdk, client, options) =>
      client.send(new sdk.DescribeTopicCommand({ ClusterArn: cluster, TopicName: name }), options),
    );
    const { PartitionCount = 0, ReplicationFactor = 0, Configs = '', Status = '' } = topic;
    return { partitions: PartitionCount, replicas: ReplicationFactor, config: fromConfigs(Configs), status: Status };
  };
  /** Waits until a topic is told of with so many partitions. */
  const untilTold = (name: string, partitions: number): Promise<true> =>
    waitFor(
      async () => {
        const topic = await describe(name).catch((error: unknown) => {
          if (error instanceof ConnectError && error.code === 'NOT_FOUND') return undefined;
          throw error;
        });
        return topic?.status === 'ACTIVE' && topic.partitions >= partitions;
      },
      { what: `MSK to tell of topic ${name}`, timeoutMs: TOLD_MS, everyMs: pollMs, signal: bounds.signal },
    );

  return {
    listTopics: () =>
      call(`list the topics of ${cluster}`, async (sdk, client, options) => {
        const names = new Set<string>();
        for await (const { Topics = [] } of sdk.paginateListTopics({ client }, { ClusterArn: cluster }, options))
          for (const { TopicName } of Topics) if (TopicName !== undefined) names.add(TopicName);
        return names;
      }),
    async placements(names) {
      const found = await Promise.all(names.map(async (name) => [name, await describe(name)] as const));
      return new Map(
        found.map(([name, { partitions, replicas }]) => {
          const placement: PartitionPlacement = { leader: undefined, replicas };
          return [name, Array.from({ length: partitions }, () => placement)];
        }),
      );
    },
    async topicSettings(names) {
      const found = await Promise.all(names.map(async (name) => [name, (await describe(name)).config] as const));
      return new Map(found);
    },
    async createTopic({ name, partitions, replicationFactor = 3, config = {} }) {
      const made = await call(`create topic ${name}`, async (sdk, client, options) => {
        const input = {
          ClusterArn: cluster,
          TopicName: name,
          PartitionCount: partitions,
          ReplicationFactor: replicationFactor,
          Configs: toConfigs(config),
        };
        await client.send(new sdk.CreateTopicCommand(input), options);
        return true;
      }).catch((error: unknown) => {
        // Somebody else has just made it, or our own answer was lost.
        if (error instanceof ConnectError && error.details.error === 'TopicExistsException') return false;
        throw error;
      });
      await untilTold(name, partitions);
      return made;
    },
    async growTopic(name, partitions) {
      await call(`add partitions to topic ${name}`, async (sdk, client, options) => {
        const input = { ClusterArn: cluster, TopicName: name, PartitionCount: partitions };
        await client.send(new sdk.UpdateTopicCommand(input), options);
      });
      await untilTold(name, partitions);
    },
  };
}
