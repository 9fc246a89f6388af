import { ConnectError } from '../../core/errors.ts';
import { retry, waitFor } from '../../core/retry.ts';
import type { ConnectTarget } from '../targets/target.ts';

/** Where a new sink begins in one partition of its topic, and what its group had committed there before. */
export interface StartOffset {
  readonly partition: number;
  readonly to: bigint;
  readonly before: bigint | undefined;
}

/** Connect refuses while a stopped task's consumer is still in the group, and says that it is safe to try again. */
export const whenStopped = <T>(change: () => Promise<T>): Promise<T> =>
  retry(change, {
    attempts: 8,
    baseMs: 250,
    maxMs: 5_000,
    when: (error) =>
      error instanceof ConnectError && (error.retryable || /haven't stopped completely/.test(error.message)),
  });

/** Sets where a STOPPED connector reads on and makes sure that it is committed. Errors: REFUSED, TIMEOUT, what the target throws. */
export async function commitStart(
  target: ConnectTarget,
  { name, topic, timeoutMs }: { readonly name: string; readonly topic: string; readonly timeoutMs: number },
  offsets: ReadonlyMap<number, bigint | undefined>,
): Promise<void> {
  const wanted = [...offsets].map(([partition, offset]) => ({ topic, partition, offset }));
  await waitFor(async () => ((await target.status(name))?.state === 'STOPPED' ? true : undefined), {
    what: `${name} to be STOPPED`,
    timeoutMs,
  });
  await whenStopped(() => target.setOffsets(name, wanted));
  await waitFor(
    async () => {
      const committed = new Map((await target.offsets(name)).map((one) => [one.partition, one.offset]));
      return wanted.every(({ partition, offset }) => committed.get(partition) === offset) ? true : undefined;
    },
    { what: `the offsets of ${name} to be committed`, timeoutMs },
  );
}
