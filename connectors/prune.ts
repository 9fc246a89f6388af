import { ConnectError } from '../core/errors.ts';
import { waitFor } from '../core/retry.ts';
import { isOwnedBy } from '../pipeline/setting-owners.ts';
import type { SinkHost } from './host.ts';
import { withRetry } from './wait/retry-policy.ts';
import type { Wait } from './wait/wait.ts';

/**
 * Deletes a connector that this project has deployed, and waits until it is gone. Its owner is asked for once more: a connector
 * that somebody else has put in its place is not ours to delete. Errors: UNSAFE, TIMEOUT, what the host throws.
 */
export async function prune(
  host: SinkHost,
  { name, project }: { readonly name: string; readonly project: string },
  wait: Wait,
): Promise<void> {
  const sink = await withRetry(() => host.observe(name), wait.signal);
  if (sink === undefined) return;
  if (!isOwnedBy(sink.config, project)) {
    throw new ConnectError('UNSAFE', `${name} is no longer a connector of ${project}; it was not deleted`, {
      details: { connector: name },
      hint: '`connect plan --prune` shows what is',
    });
  }
  await host.remove(name, wait);
  await waitFor(async () => (await host.observe(name)) === undefined, {
    what: `${name} to be gone`,
    timeoutMs: wait.timeoutMs,
  });
}
