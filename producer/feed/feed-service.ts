import { dirname, resolve } from 'node:path';
import { requireFeed } from '../../pipeline/feed.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { loadAvroSchema } from '../../schemas/avro-schema.ts';
import { type AdapterService, createAdapterService } from '../adapter/adapter-service.ts';
import { loadMethodService, type MethodService } from './method/method-service.ts';
import { type FeedService, loadFeedService } from './protocol.ts';

/** A feed of our own shape, one with a method of its own, or one that a module reads. */
export type AnyFeedService = FeedService | MethodService | AdapterService;

/**
 * The service of a stream's feed; `root` is the project's folder. Errors: INVALID_DEFINITION for a proto that does not fit, USAGE for a
 * stream without a feed.
 */
export function feedServiceOf(
  root: string,
  stream: Pick<StreamDefinition, 'name' | 'feed' | 'adapter' | 'schema'>,
): AnyFeedService {
  const { adapter } = stream;
  if (adapter !== undefined) return createAdapterService(adapter.module, loadAvroSchema(resolve(root, stream.schema)));
  const feed = requireFeed(stream);
  const proto = resolve(root, feed.proto);
  const includes = [dirname(proto), root];
  const { method } = feed;
  if (method !== undefined) return loadMethodService(proto, includes, { ...feed, method });
  return loadFeedService(proto, includes, feed.service, feed);
}
