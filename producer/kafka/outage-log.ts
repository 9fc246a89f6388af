import { messageOf, rootCause } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';

/** An outage is logged when it starts and then once in this time. */
const LOG_EVERY_MS = 60_000;

/** Logs the failures of one delivery without flooding the log, and its success after them. `where` is the cluster. */
export function createOutageLog(where: string, logger: Logger) {
  let since: number | undefined;
  let loggedAt = 0;
  return {
    failed(error: unknown, failures: number): void {
      const now = Date.now();
      since ??= now;
      if (now - loggedAt < LOG_EVERY_MS) return;
      loggedAt = now;
      const reason = messageOf(rootCause(error));
      logger.warn(
        { brokers: where, failures, forMs: now - since, reason },
        'Kafka does not take records; trying again',
      );
    },
    over(): void {
      if (since !== undefined) logger.info({ brokers: where, forMs: Date.now() - since }, 'Kafka takes records again');
    },
  };
}
