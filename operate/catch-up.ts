import type { Wait } from '../connectors/wait/wait.ts';
import { ConnectError } from '../core/errors.ts';
import { waitFor } from '../core/retry.ts';
import { readStatus, type StatusSources } from './status.ts';

/**
 * Waits until the sink has committed everything that is in the topic: only then are its rows sure to be in the table.
 * Errors: REFUSED with the cause when a task has failed, TIMEOUT.
 */
export async function waitUntilCaughtUp(
  sources: StatusSources,
  options: Pick<Wait, 'timeoutMs' | 'signal'>,
): Promise<void> {
  const { stream } = sources;
  await waitFor(
    async () => {
      const status = await readStatus(sources);
      const failure = status.failure ?? status.tasks.find((task) => task.failure !== undefined)?.failure;
      if (failure !== undefined) {
        throw new ConnectError('REFUSED', `${stream.sink.name} does not run: ${failure.cause}`, {
          ...(failure.record === undefined ? {} : { details: { record: failure.record } }),
          hint: failure.hint ?? 'run `connect status`, and `connect deploy` once the cause is gone',
        });
      }
      const [unanswered] = status.unanswered;
      if (unanswered !== undefined) throw new ConnectError('NOT_READY', unanswered.message);
      return status.lag === 0n ? true : undefined;
    },
    { what: `${stream.sink.name} to catch up`, everyMs: 500, ...options },
  );
}
