import { ConnectError } from '../../../core/errors.ts';
import { type Check, ok, perStream, warning } from '../check.ts';

/** The producer's last run asked its feed for updates that no fork can take back. */
export const feedCommitment: Check<'streams' | 'checkpoint'> = {
  name: 'feed.commitment',
  needs: ['kafka'],
  run: perStream(async (stream, { checkpoint }) => {
    const last = await checkpoint(stream).catch((error: unknown) => {
      if (error instanceof ConnectError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    });
    if (last?.commitment === undefined) return [];
    if (last.commitment !== 'processed') return ok(stream.name, `the producer reads at ${last.commitment}`);
    return warning(
      stream.name,
      'the producer reads at processed: a fork can take back what a row says, and nothing undoes the row',
      'start the producer without --commitment (finalized); docs/operations.md says what to do about the rows',
    );
  }),
};
