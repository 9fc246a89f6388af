import { ConnectError } from '../../../core/errors.ts';
import { type Check, eachStream, ok, warning } from '../check.ts';

/** Each stream's feed answers. The feed of a local stack is a simulator, which need not run. */
export const feedReachable: Check<'streams' | 'environment' | 'feedWindow'> = {
  name: 'feed.reachable',
  reaches: 'feed',
  needs: [],
  run: (probes) =>
    eachStream(probes, async (stream) => {
      const subject = `${stream.feed.service} at ${probes.environment.feed.address}`;
      try {
        const { earliest, latest } = await probes.feedWindow(stream);
        return [ok(subject, `can replay slots ${earliest} to ${latest}`)];
      } catch (error) {
        if (probes.environment.stack === undefined || !(error instanceof ConnectError)) throw error;
        return [warning(subject, 'does not answer', 'start one with `connect simulate` when you want updates')];
      }
    }),
};
