import { ConnectError } from '../../core/errors.ts';
import { retry, waitFor } from '../../core/retry.ts';
import { isOlder } from '../../core/version.ts';
import type { OffsetApi } from '../host.ts';
import { withRetry } from '../wait/retry-policy.ts';
import type { RestApi } from './api.ts';

/** Changes of offsets by the worker's REST API, which came with Kafka Connect 3.6. */
export const restOffsets = (api: RestApi): OffsetApi => ({
  async require() {
    const { version } = await withRetry(() => api.worker());
    if (!isOlder(version, '3.6')) return;
    throw new ConnectError('REFUSED', `${api.label} is version ${version}, which cannot change offsets`, {
      hint: 'Kafka Connect 3.6 or newer can; here, stop the sink and use kafka-consumer-groups --reset-offsets',
    });
  },
  async set(name, offsets, { timeoutMs, signal }) {
    await whenStopped(() => api.setOffsets(name, offsets));
    await waitFor(
      async () => {
        const committed = new Map((await api.offsets(name)).map((one) => [one.partition, one.offset]));
        return offsets.every(({ partition, offset }) => committed.get(partition) === offset);
      },
      { what: `the offsets of ${name} to be committed`, timeoutMs, signal },
    );
  },
  forget: (name) => whenStopped(() => api.resetOffsets(name)),
});

/** Connect refuses while a stopped task's consumer is still in the group, and says that it is safe to try again. */
const whenStopped = (change: () => Promise<void>): Promise<void> =>
  retry(change, {
    attempts: 8,
    baseMs: 250,
    maxMs: 5_000,
    when: (error) =>
      error instanceof ConnectError && (error.retryable || /haven't stopped completely/.test(error.message)),
  });
