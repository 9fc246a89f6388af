import { ConnectError } from '../../../core/errors.ts';
import { isLoopback } from '../../../core/loopback.ts';
import { broken, type Check, ok, perStream, warning } from '../check.ts';

/** Each stream's feed answers. The feed of a stack on this machine is a simulator, which need not run. */
export const feedReachable: Check<'streams' | 'environment' | 'feedWindow'> = {
  name: 'feed.reachable',
  reaches: 'feed',
  needs: [],
  run: perStream(async (stream, { environment, feedWindow }) => {
    const subject = `${stream.feed.service} at ${environment.feed.address}`;
    try {
      const { earliest, latest } = await feedWindow(stream);
      return ok(subject, `can replay slots ${earliest} to ${latest}`);
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      if (!isLoopback(environment.feed.address))
        return broken(
          subject,
          error.message,
          'check feed in connect.yaml (address, tls, token), and ask whoever runs the feed',
        );
      return warning(subject, 'does not answer', 'start one with `connect simulate` when you want updates');
    }
  }),
};
