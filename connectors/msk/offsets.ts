import { ConnectError } from '../../core/errors.ts';
import { waitFor } from '../../core/retry.ts';
import type { StartOffset } from '../plan/start-plan.ts';
import type { GroupMembers, SinkGroups, SinkTopic } from '../sink-group.ts';
import type { Wait } from '../wait/wait.ts';
import type { MskDeployment } from './deployment.ts';

/**
 * Waits until a sink that is not there has no consumer any more: those of a worker that was killed are members for 45 s, would
 * pass for tasks of a new one, and Kafka sets no offsets meanwhile. Errors: TIMEOUT.
 */
export async function waitUntilEmpty(
  { stream, members }: { readonly stream: SinkTopic; readonly members: () => Promise<GroupMembers> },
  { timeoutMs, signal, pollMs }: Wait,
): Promise<void> {
  const { name } = stream.sink;
  let left = 0;
  await waitFor(
    async () => {
      left = (await members())?.size ?? 0;
      return left === 0;
    },
    {
      what: () => `the group connect-${name} to be empty: it has ${left} members; does another ${name} run elsewhere?`,
      timeoutMs,
      everyMs: Math.min(1_000, pollMs ?? 1_000),
      signal,
    },
  );
}

/** Sets the offsets of a connector that is not there as they were. Errors: TIMEOUT while its group has members, as `setOffsets`. */
export async function putBackOffsets(
  { groups, evidence, wait }: Pick<MskDeployment, 'groups' | 'evidence' | 'wait'>,
  start: readonly StartOffset[],
): Promise<void> {
  if (start.length === 0) return;
  await waitUntilEmpty(evidence, { ...wait, signal: undefined });
  const before = new Map(start.map((one) => [one.partition, one.before]));
  await setOffsets({ groups, stream: evidence.stream }, before);
}

/** Sets offsets and reads them back. Errors: REFUSED when Kafka holds others; those of Kafka. */
export async function setOffsets(
  { groups, stream }: { readonly groups: SinkGroups; readonly stream: SinkTopic },
  offsets: ReadonlyMap<number, bigint | undefined>,
): Promise<void> {
  await groups.setOffsets(stream, offsets);
  const held = new Map((await groups.positions(stream)).map(({ partition, committed }) => [partition, committed]));
  for (const [partition, offset] of offsets) {
    if (held.get(partition) === offset) continue;
    const place = `${stream.topic.name}-${partition}`;
    const message = `Kafka holds offset ${held.get(partition) ?? 'none'} of ${place} for ${stream.sink.name}, not ${offset ?? 'none'} as it was told`;
    throw new ConnectError('REFUSED', message, { hint: '`connect plan` shows where the sink would begin now' });
  }
}
