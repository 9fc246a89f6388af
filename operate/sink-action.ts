import type { SinkHost } from '../connectors/host.ts';
import { type ObservedSink, type SinkTasks, withoutTraces } from '../connectors/sink-config.ts';
import type { SinkGroups } from '../connectors/sink-group.ts';
import { noticingLeft } from '../connectors/wait/left-tasks.ts';
import { withFirstAnswer, withRetry } from '../connectors/wait/retry-policy.ts';
import type { Wait } from '../connectors/wait/wait.ts';
import { type RunningSink, waitUntilRunning } from '../connectors/wait/wait-until-running.ts';
import { ConnectError } from '../core/errors.ts';
import type { KafkaConnection } from '../core/kafka.ts';
import type { StreamDefinition } from '../pipeline/types.ts';

/** A sink to act on, and how long one action may take. */
export interface SinkAction extends Wait {
  readonly stream: StreamDefinition;
  readonly host: SinkHost;
  readonly groups: SinkGroups;
  readonly kafka: KafkaConnection;
  /** Start it also behind records that Kafka deleted before it read them. */
  readonly acceptGap?: boolean | undefined;
}

/** The sink as its host shows it; undefined when it is not deployed. An address where nothing listens is reported at once. */
export const findSink = ({ host, stream, signal }: SinkAction): Promise<ObservedSink | undefined> =>
  withFirstAnswer(() => host.observe(stream.sink.name), signal);

/** As `findSink`, of a sink that has to be deployed. Errors: NOT_FOUND. */
export async function deployedSink(action: SinkAction): Promise<ObservedSink> {
  const sink = await findSink(action);
  if (sink !== undefined) return sink;
  const { name } = action.stream.sink;
  throw new ConnectError('NOT_FOUND', `${name} is not deployed on ${action.host.label}`, {
    details: { connector: name },
    hint: 'run `connect deploy`; `connect status` lists what is there',
  });
}

/**
 * Waits until a sink that was asked to run does so, and every task of it. `oldMembers`: of its group, when every task has to be
 * a new one. `restarts`: of what fails again. Errors: REFUSED with cause, record and hint when something fails; TIMEOUT.
 */
export async function waitUntilSinkRuns(
  action: SinkAction,
  before: ObservedSink,
  { oldMembers, restarts }: Pick<RunningSink, 'oldMembers' | 'restarts'> = {},
): Promise<SinkTasks> {
  const { host, groups, stream, signal } = action;
  const { name } = stream.sink;
  const now = await withRetry(() => host.observe(name), signal);
  if (now === undefined) throw new ConnectError('NOT_FOUND', `${name} was deleted meanwhile`);
  const { sink } = await groups.whileWatching(name, (members) =>
    waitUntilRunning(
      {
        stream,
        observe: noticingLeft(() => host.observe(name, { withTaskConfigs: true })),
        members: oldMembers === undefined ? undefined : members,
        expectedTasks: now.expectedTasks,
        before,
        oldMembers,
        restarts,
      },
      action,
    ),
  );
  return withoutTraces(sink);
}
