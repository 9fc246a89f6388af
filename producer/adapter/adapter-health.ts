import { type AdapterContext, closeFeed, failure, openAdapter } from './open-adapter.ts';

/** What a module says of its feed: its health, or what the feed can replay. Errors: those of `openAdapter`; UNREACHABLE with what it throws. */
export async function adapterHealth(context: AdapterContext, signal: AbortSignal): Promise<string> {
  const feed = await openAdapter(context);
  try {
    if (feed.health !== undefined) return await feed.health(signal);
    const window = await feed.replayWindow?.(signal);
    if (window === undefined) return 'is opened by its module, which does not say whether it answers';
    return `can replay ${window.earliest} to ${window.latest}`;
  } catch (error) {
    throw failure(context.adapter.module, error);
  } finally {
    await closeFeed(feed);
  }
}
