import { ConnectError } from '../../core/errors.ts';
import type { ConnectTarget } from './target.ts';

/**
 * Which errors of a target are worth another try. A managed service's target has itself waited as long as it may for what the
 * service does, so a time-out is the end and not a hiccup.
 */
export const worthAnotherTry =
  ({ managed }: Pick<ConnectTarget, 'managed'>) =>
  (error: unknown): boolean =>
    error instanceof ConnectError && error.retryable && !(managed === true && error.code === 'TIMEOUT');
