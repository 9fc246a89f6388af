import { ConnectError, ifFound } from '../../../core/errors.ts';
import { isLoopback } from '../../../core/loopback.ts';
import { broken, type Check, ok, perStream, warning } from '../check.ts';

/** Each stream's feed answers. The feed of a stack on this machine is a simulator, which need not run. */
export const feedReachable: Check<'streams' | 'environment' | 'feedWindow' | 'feedHealth'> = {
  name: 'feed.reachable',
  reaches: 'feed',
  needs: [],
  run: perStream(async (stream, { environment, feedWindow, feedHealth }) => {
    const { adapter } = stream;
    if (adapter !== undefined) {
      const subject = `${adapter.module} of ${stream.name}`;
      try {
        return ok(subject, await feedHealth(stream, adapter));
      } catch (error) {
        if (!(error instanceof ConnectError)) throw error;
        return broken(subject, error.message, error.hint ?? 'look at the module, and at the feed that it reads');
      }
    }
    if (stream.feed === undefined) return ok(stream.name, 'has no feed: others write its topic');
    const subject = `${stream.feed.service} at ${environment.feed.address}`;
    try {
      const window = await feedWindow(stream);
      if (window === undefined)
        return ok(subject, 'takes connections; what its method answers only the producer can tell');
      const { earliest, latest } = window;
      return ok(subject, `can replay slots ${earliest} to ${latest}`);
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      const remedy = error.hint ?? 'check feed in connect.yaml (address, tls, token), and ask whoever runs the feed';
      // No simulator serves a method of its own.
      const isOurs = stream.feed.method === undefined;
      const mayBeOff =
        isOurs && isLoopback(environment.feed.address) && ['UNREACHABLE', 'TIMEOUT'].includes(error.code);
      if (!mayBeOff) return broken(subject, error.message, remedy);
      return warning(subject, 'does not answer', 'start one with `connect simulate` when you want updates');
    }
  }),
};

/** The producer's last run asked its feed for updates that no fork can take back. */
export const feedCommitment: Check<'streams' | 'checkpoint'> = {
  name: 'feed.commitment',
  needs: ['kafka'],
  run: perStream(async (stream, { checkpoint }) => {
    const last = await ifFound(checkpoint(stream));
    if (last?.commitment === undefined) return [];
    if (last.commitment !== 'processed') return ok(stream.name, `the producer reads at ${last.commitment}`);
    return warning(
      stream.name,
      'the producer reads at processed: a fork can take back what a row says, and nothing undoes the row',
      'start the producer without --commitment (finalized); docs/operations.md says what to do about the rows',
    );
  }),
};
