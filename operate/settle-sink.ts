import { setTimeout as sleep } from 'node:timers/promises';
import { worthAnotherTry } from '../connectors/targets/another-try.ts';
import type { ConnectorStatus, ConnectTarget } from '../connectors/targets/target.ts';
import { failedError } from '../connectors/wait/failed-error.ts';
import { failuresOf } from '../connectors/wait/failure.ts';
import { groupMembers } from '../connectors/wait/group-members.ts';
import { createProgress, type Observation, type TaskCount } from '../connectors/wait/progress.ts';
import { settleTimeout } from '../connectors/wait/settle.ts';
import { ConnectError } from '../core/errors.ts';
import { type KafkaConnection, withAdmin } from '../core/kafka.ts';
import { retry } from '../core/retry.ts';
import type { StreamDefinition } from '../pipeline/types.ts';

/** A sink to act on, and how long one action may take. */
export interface SinkAction {
  readonly stream: StreamDefinition;
  readonly target: ConnectTarget;
  readonly kafka: KafkaConnection;
  /** Bound of the wait until the state is real. */
  readonly timeoutMs: number;
  /** How long connector and tasks must stay RUNNING: a task fails on its first records, not at its start. Default 6000. */
  readonly settleMs?: number;
  readonly signal?: AbortSignal;
}

/** Connector and tasks as they were seen last. */
export interface SinkTasks {
  readonly state: string;
  readonly tasks: readonly { readonly id: number; readonly state: string; readonly worker: string }[];
}

/** A rebalance ends in seconds; a worker that is not back after these tries needs a person. */
const PATIENCE = { attempts: 8, baseMs: 250, maxMs: 5_000 };
const POLL_MS = 200;
/** The other tasks hear of a new one at their next heartbeat, 3 s later at most; only then it gets partitions and records. */
const SETTLE_MS = 6_000;

/** Tries again while the cluster rebalances or a worker restarts, a bounded number of times. */
export const patiently = <T>(
  { target, signal }: Pick<SinkAction, 'target' | 'signal'>,
  task: () => Promise<T>,
): Promise<T> =>
  retry(task, { ...PATIENCE, when: worthAnotherTry(target), ...(signal === undefined ? {} : { signal }) });

/** The status of a connector; undefined when it is not deployed. An address where nothing listens is told at once. */
export const findStatus = ({ target, stream, signal }: SinkAction): Promise<ConnectorStatus | undefined> =>
  retry(() => target.status(stream.sink.name), {
    ...PATIENCE,
    when: (error) => error instanceof ConnectError && error.retryable && error.code !== 'UNREACHABLE',
    ...(signal === undefined ? {} : { signal }),
  });

/** As `findStatus`, of a connector that has to exist. Errors: NOT_FOUND. */
export async function deployedStatus(action: SinkAction): Promise<ConnectorStatus> {
  const status = await findStatus(action);
  if (status !== undefined) return status;
  const name = action.stream.sink.name;
  throw new ConnectError('NOT_FOUND', `${name} is not deployed on ${action.target.label}`, {
    details: { connector: name },
    hint: 'run `connect deploy`; `connect status` lists what is there',
  });
}

/** Status without stack traces. */
export const withoutTraces = ({ state, tasks }: ConnectorStatus): SinkTasks => ({
  state,
  tasks: tasks.map((task) => ({ id: task.id, state: task.state, worker: task.worker })),
});

/** Members of the sink's consumer group now; undefined when Kafka does not say. */
export const sinkMembers = ({ kafka, stream }: SinkAction): Promise<ReadonlySet<string> | undefined> =>
  withAdmin(kafka, 'perps-connect-operate', (admin) => groupMembers(admin, stream));

/** What stood before: a failure or a member that is still there is no news. */
export interface Before {
  readonly status: ConnectorStatus;
  /** Given when every task has to be a new one. */
  readonly members?: ReadonlySet<string>;
}

/**
 * Waits until the connector and every task is RUNNING and stays so.
 * Errors: REFUSED with cause, record and hint when something fails; TIMEOUT.
 */
export async function waitUntilRunning(action: SinkAction, before: Before): Promise<SinkTasks> {
  const { target, stream, kafka, signal, timeoutMs } = action;
  const name = stream.sink.name;
  const config = await patiently(action, () => target.config(name));
  if (config === undefined) throw new ConnectError('NOT_FOUND', `${name} was deleted meanwhile`);
  const progress = createProgress({
    config,
    settleMs: action.settleMs ?? SETTLE_MS,
    before: before.status,
    ...(before.members === undefined ? {} : { oldMembers: before.members }),
  });
  const deadline = Date.now() + timeoutMs;
  return withAdmin(kafka, 'perps-connect-operate', async (admin) => {
    for (;;) {
      signal?.throwIfAborted();
      const members = before.members === undefined ? undefined : await groupMembers(admin, stream);
      const verdict = progress.judge(await observe(action, members), Date.now());
      if (verdict.kind === 'settled') return withoutTraces(verdict.status);
      if (verdict.kind === 'failed') throw failingSink(verdict.status, stream);
      if (Date.now() >= deadline) throw tooSlow(name, timeoutMs, verdict.count);
      await sleep(POLL_MS, undefined, signal ? { signal } : {});
    }
  });
}

/** What is seen of the connector now; undefined while the cluster has nothing to say about it. */
async function observe(
  { target, stream }: SinkAction,
  members: ReadonlySet<string> | undefined,
): Promise<Observation | undefined> {
  try {
    const status = await target.status(stream.sink.name);
    if (status === undefined) return undefined;
    const tasks = await target.tasks(stream.sink.name);
    return { status, taskConfigs: tasks.map((task) => task.config), members };
  } catch (error) {
    if (error instanceof ConnectError && (error.retryable || error.code === 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** The error for a sink that does not run: cause, record and hint of everything that FAILED; `details.failures` has them as well. */
export const failingSink = (status: ConnectorStatus, stream: StreamDefinition): ConnectError =>
  failedError(`${stream.sink.name} does not run: FAILED`, {
    connector: stream.sink.name,
    failures: failuresOf(status, stream),
    hint: 'remove the cause, then run `connect restart --failed`',
  });

const tooSlow = (name: string, timeoutMs: number, { running, expected }: TaskCount): ConnectError =>
  settleTimeout(`${name} does not run after ${timeoutMs / 1000} s: ${running} of ${expected} tasks are RUNNING`, {
    connector: name,
    running,
    expected,
  });
