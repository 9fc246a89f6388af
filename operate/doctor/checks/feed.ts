import { ConnectError } from '../../../core/errors.ts';
import { type Check, ok, perStream, warning } from '../check.ts';

/** Each stream's feed answers. The feed of a local stack is a simulator, which need not run. */
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
      if (environment.stack === undefined || !(error instanceof ConnectError)) throw error;
      return warning(subject, 'does not answer', 'start one with `connect simulate` when you want updates');
    }
  }),
};
