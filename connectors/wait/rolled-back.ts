import { ConnectError } from '../../core/errors.ts';

/**
 * The error of a deploy whose change was put back: DEPLOY_FAILED, or ROLLBACK_FAILED when that failed too. `goBack` says what it
 * came to; the signal does not interrupt it, because half a rollback is worse than none.
 */
export async function afterRollback(failure: unknown, goBack: () => Promise<string>): Promise<ConnectError> {
  const failed = ConnectError.from(failure);
  try {
    const outcome = await goBack();
    return new ConnectError('DEPLOY_FAILED', `${failed.message}\n  ${outcome}`, {
      details: { ...failed.details, rollback: outcome },
      cause: failed,
      hint: failed.hint,
    });
  } catch (error) {
    const { message, hint } = ConnectError.from(error);
    return new ConnectError('ROLLBACK_FAILED', `${failed.message}\n  rolling back failed too: ${message}`, {
      details: { ...failed.details, rollback: message },
      cause: failed,
      hint: failed.hint ?? hint ?? '`connect status` shows how it stands; the log of the worker says more',
    });
  }
}
