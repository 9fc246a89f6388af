import { ConnectError } from '../core/errors.ts';
import { ask } from './ask.ts';
import type { CliContext } from './context.ts';

/**
 * Asks before something that cannot be taken back. Errors: USAGE without a terminal and without `--yes`, INTERRUPTED on
 * any answer but "yes". `hint`: what to do without a terminal.
 */
export async function confirm(
  context: CliContext,
  what: string,
  yes: boolean | undefined,
  hint = 'there is no terminal to ask on; say --yes to do it',
): Promise<void> {
  if (yes === true) return;
  if (!context.isTty) {
    throw new ConnectError('USAGE', `${what}: not done, because it was not confirmed`, {
      hint,
    });
  }
  if ((await ask(context, `${what}? type yes: `)) !== 'yes') throw new ConnectError('INTERRUPTED', `${what}: not done`);
}
