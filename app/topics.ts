import { type ObservedTopic, observeTopics, type TopicAdmin, topicSpecs } from '../connectors/topics.ts';
import { ConnectError, messageOf } from '../core/errors.ts';
import { withAdmin } from '../core/kafka.ts';
import { clusterOf } from '../pipeline/kafka-settings.ts';
import type { TopicsBy } from '../pipeline/types.ts';
import type { Session } from './session.ts';
import { orUnreachable } from './unknown-parts.ts';

const CLIENT_ID = 'perps-connect-topics';

/** The topics of the selected streams. */
export interface SeenTopics {
  /** Those that exist, by name; undefined when nobody could be asked. */
  readonly topics: Readonly<Record<string, ObservedTopic>> | undefined;
  readonly by: TopicsBy;
  /** Why the brokers cannot be reached. */
  readonly brokers: ConnectError | undefined;
}

/**
 * Looks at the topics: by the brokers, or by MSK where the environment says so or where the brokers of an MSK cluster are out of
 * reach. Errors: those of the brokers but that they are out of reach; those of MSK where the environment wants it.
 */
export async function seeTopics(session: Session): Promise<SeenTopics> {
  const { environment, streams } = session;
  const specs = streams.flatMap((stream) => topicSpecs(stream, environment.kafka.replicationFactor));
  const look = (by: TopicsBy) =>
    withTopics(session, by, (admin) =>
      observeTopics(
        admin,
        specs.map(({ name }) => name),
      ),
    );
  const { topicsBy } = environment.kafka;
  if (topicsBy === 'aws') {
    const reached = await orUnreachable(withAdmin(session.kafka, CLIENT_ID, async () => undefined));
    return { topics: await look('aws'), by: 'aws', brokers: reached };
  }
  const seen = await orUnreachable(look('brokers'));
  const brokers = seen instanceof ConnectError ? seen : undefined;
  if (!(seen instanceof ConnectError)) return { topics: seen, by: 'brokers', brokers };
  if (topicsBy === 'brokers' || clusterOf(environment) === undefined)
    return { topics: undefined, by: 'brokers', brokers };
  return look('aws').then(
    (topics) => ({ topics, by: 'aws', brokers }),
    (error: unknown) => {
      session.signal.throwIfAborted();
      return { topics: undefined, by: 'brokers', brokers: nobodyTells(seen, error) };
    },
  );
}

const nobodyTells = (brokers: ConnectError, byMsk: unknown): ConnectError =>
  new ConnectError(brokers.code, `${brokers.message}, and MSK does not tell of its topics (${messageOf(byMsk)})`, {
    details: brokers.details,
    hint: brokers.hint,
    cause: brokers,
  });

/** Asks about topics, or changes them. Errors: those of the one who is asked. */
export async function withTopics<T>(
  { kafka, environment, callBounds }: Session,
  by: TopicsBy,
  task: (admin: TopicAdmin) => Promise<T>,
): Promise<T> {
  const cluster = clusterOf(environment);
  if (by === 'brokers' || cluster === undefined) return withAdmin(kafka, CLIENT_ID, task);
  const { createMskTopics } = await import('../connectors/msk/sdk/topics.ts');
  return task(createMskTopics({ cluster, endpoint: environment.connect.endpoints?.kafka, bounds: callBounds }));
}
