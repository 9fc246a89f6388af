import { ConnectError } from '../../core/errors.ts';
import { sinkGroup } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { ObservedSink } from '../sink-config.ts';
import type { GroupMembers } from '../sink-group.ts';
import type { Wait } from '../wait/wait.ts';
import { waitUntilRunning } from '../wait/wait-until-running.ts';
import type { MskConnector, WorkerLog } from './api.ts';
import { toldByLog } from './failures.ts';
import { note } from './follow.ts';
import { expectedTasks, isWhole, toObservedSink } from './observe.ts';

const POLL_MS = 1_000;

/** How the tasks of a sink on MSK Connect are seen. */
export interface TaskEvidence {
  readonly stream: StreamDefinition;
  /** Members of the sink's group now; undefined when Kafka does not say. */
  readonly members: () => Promise<GroupMembers>;
  /** What its workers have logged of failures since its last operation. */
  readonly log: () => Promise<WorkerLog>;
}

/**
 * Waits until every task is in the sink's group and stays there. `old`: members of the group before the change, whose tasks may
 * have died with their worker. Where Kafka does not say, that is noted, and no task is shown.
 * Errors: REFUSED with the causes from the workers' log: at once for a task that has failed since the last operation, else when
 * the time is up.
 */
export async function waitForTasks(
  connector: MskConnector,
  evidence: TaskEvidence,
  wait: Wait,
  old?: GroupMembers,
): Promise<ObservedSink> {
  const { stream, members } = evidence;
  if ((await members()) === undefined) {
    note(wait, 'is RUNNING; Kafka does not say whether its tasks are');
    return { ...toObservedSink(connector, undefined), tasks: [] };
  }
  let last: GroupMembers;
  const { sink } = await waitUntilRunning(
    {
      stream,
      async observe() {
        last = await members();
        if (last === undefined) return undefined;
        const sink = toObservedSink(connector, last);
        return isWhole(sink) ? sink : toObservedSink(connector, last, { log: await evidence.log() });
      },
      members: old === undefined ? undefined : async () => last,
      oldMembers: old,
      expectedTasks: expectedTasks(connector) ?? 1,
      tooSlow: () => absentTasks(evidence, last?.size ?? 0, expectedTasks(connector) ?? 1),
    },
    { ...wait, pollMs: Math.min(POLL_MS, wait.pollMs ?? POLL_MS) },
  );
  return sink;
}

/** The error for tasks that are not in the sink's group: each cause once. */
async function absentTasks({ stream, log }: TaskEvidence, seen: number, expected: number): Promise<ConnectError> {
  const { name } = stream.sink;
  const { lines, details, hint } = toldByLog(await log(), stream);
  const message = `${name} is RUNNING on MSK Connect, but ${seen} of ${expected} tasks are in its group ${sinkGroup(stream)}`;
  return new ConnectError('REFUSED', [message, ...lines].join('\n'), {
    details: { connector: name, tasks: { seen, expected }, ...details },
    hint:
      hint ?? "a task has failed, or has not come up yet; the workers' log says why (connect.logs of the environment)",
  });
}
