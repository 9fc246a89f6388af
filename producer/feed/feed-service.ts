import { dirname, resolve } from 'node:path';
import { ConnectError } from '../../core/errors.ts';
import { requireFeed } from '../../pipeline/feed.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { type FeedService, loadFeedService } from './protocol.ts';

/**
 * The service of a stream's feed; `root` is the project's folder. Errors: INVALID_DEFINITION for a proto that does not fit, USAGE for a
 * stream without a feed.
 */
export function feedServiceOf(root: string, stream: Pick<StreamDefinition, 'name' | 'feed'>): FeedService {
  const feed = requireFeed(stream);
  if (feed.method !== undefined) {
    throw new ConnectError(
      'INVALID_DEFINITION',
      `stream ${stream.name}: this version reads no feed by feed.method yet`,
      {
        hint: 'serve Subscribe and GetReplayInfo (docs/architecture.md), or leave the feed out and write the topic yourself',
      },
    );
  }
  const proto = resolve(root, feed.proto);
  return loadFeedService(proto, [dirname(proto), root], feed.service, feed);
}
