import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../core/errors.ts';
import { sinkGroup } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { explainTrace, formatSuspects } from '../wait/failure.ts';
import type { MskConnector } from './api.ts';

/**
 * MSK Connect lists no tasks, and RUNNING also is a connector whose tasks have failed. But each task that is at work is a
 * member of the sink's consumer group, and one that fails leaves it.
 */
export interface HealthOptions {
  readonly stream: StreamDefinition;
  readonly connector: Pick<MskConnector, 'config' | 'capacity'>;
  /** Members of the sink's group now; undefined when Kafka does not say. */
  readonly members: () => Promise<ReadonlySet<string> | undefined>;
  /** Stack traces of its tasks from the workers' log, the newest first; none where no log is configured. */
  readonly traces: () => Promise<readonly string[]>;
  /** How long all tasks may take to join the group. */
  readonly joinMs: number;
  /** How long they must stay. */
  readonly settleMs: number;
  readonly pollMs: number;
  readonly signal?: AbortSignal;
}

/** Tasks that the group shows, and how many there should be; `seen` is undefined when Kafka does not say. */
export interface TasksSeen {
  readonly seen: number | undefined;
  /** Undefined: autoscaled capacity decides. */
  readonly expected: number | undefined;
}

export const expectedTasks = ({ config, capacity }: Pick<MskConnector, 'config' | 'capacity'>): number | undefined =>
  'autoscaled' in capacity ? undefined : Number(config['tasks.max'] ?? '1');

/** Waits until every task is in the group and stays there. Errors: REFUSED with the causes that the workers' log tells. */
export async function waitForTasks(options: HealthOptions): Promise<TasksSeen> {
  const { joinMs, settleMs, pollMs, signal } = options;
  const expected = expectedTasks(options.connector);
  const deadline = Date.now() + joinMs;
  let since: number | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const members = await options.members();
    if (members === undefined) return { seen: undefined, expected };
    const now = Date.now();
    if (members.size >= (expected ?? 1)) {
      since ??= now;
      if (now - since >= settleMs) return { seen: members.size, expected };
    } else {
      since = undefined;
      if (now >= deadline) throw await idle(options, members.size, expected ?? 1);
    }
    await sleep(pollMs, undefined, signal ? { signal } : {});
  }
}

/** The causes of failed tasks, each once. */
export async function failureLines(
  stream: StreamDefinition,
  traces: () => Promise<readonly string[]>,
): Promise<{
  lines: string[];
  failures: { cause: string; record?: string; hint?: string }[];
}> {
  const found = (await traces()).map((trace) => {
    const { cause, suspects, hint } = explainTrace(trace, stream);
    const record = formatSuspects(suspects);
    return { cause, ...(record === undefined ? {} : { record }), ...(hint === undefined ? {} : { hint }) };
  });
  const failures = [...new Map(found.map((failure) => [failure.cause, failure])).values()];
  const lines = failures.flatMap(({ cause, record }) => [
    `  cause   ${cause}`,
    ...(record === undefined ? [] : [`  record  ${record}`]),
  ]);
  return { lines, failures };
}

async function idle({ stream, traces }: HealthOptions, seen: number, expected: number): Promise<ConnectError> {
  const { name } = stream.sink;
  const { lines, failures } = await failureLines(stream, traces);
  const message = `${name} is RUNNING on MSK Connect, but ${seen} of ${expected} tasks are in its group ${sinkGroup(stream)}`;
  return new ConnectError('REFUSED', [message, ...lines].join('\n'), {
    details: { connector: name, tasks: { seen, expected }, failures },
    hint:
      failures.find(({ hint }) => hint !== undefined)?.hint ??
      "a task has failed, or has not come up yet; the workers' log says why (connect.logs of the environment)",
  });
}
