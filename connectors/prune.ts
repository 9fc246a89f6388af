import { ConnectError } from '../core/errors.ts';
import { retry, waitFor } from '../core/retry.ts';
import { isOwnedBy } from './render/owner.ts';
import { removeIfThere } from './rest/apply-change.ts';
import { worthAnotherTry } from './targets/another-try.ts';
import type { ConnectTarget } from './targets/target.ts';
import { PATIENCE } from './wait/settle.ts';

/**
 * Deletes a connector that this project has deployed, and waits until it is gone. Its owner is asked for once more: a connector
 * that somebody else has put in its place is not ours to delete. Errors: UNSAFE, TIMEOUT, what the target throws.
 */
export async function prune(
  target: ConnectTarget,
  { name, project, timeoutMs }: { readonly name: string; readonly project: string; readonly timeoutMs: number },
): Promise<void> {
  await retry(
    async () => {
      const config = await target.config(name);
      if (config === undefined) return;
      if (!isOwnedBy(config, project)) {
        throw new ConnectError('UNSAFE', `${name} is no longer a connector of ${project}; it was not deleted`, {
          details: { connector: name },
          hint: '`connect plan --prune` shows what is',
        });
      }
      await removeIfThere(target, name);
    },
    { ...PATIENCE, when: worthAnotherTry(target) },
  );
  await waitFor(async () => ((await target.config(name)) === undefined ? true : undefined), {
    what: `${name} to be gone`,
    timeoutMs,
  });
}
