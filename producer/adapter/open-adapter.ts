import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConnectError, messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { readTls } from '../../core/tls.ts';
import type { FeedConnection } from '../../pipeline/connections.ts';
import type { AdapterDefinition } from '../../pipeline/feed.ts';
import { FEED_TLS } from '../feed/errors.ts';
import type { Feed, OpenFeed } from './feed.ts';

export interface AdapterContext {
  /** The project's folder. */
  readonly root: string;
  readonly stream: string;
  readonly adapter: AdapterDefinition;
  readonly connection: FeedConnection;
  readonly logger: Logger;
}

/** Loads a feed's module and opens the feed. Errors: INVALID_DEFINITION for a module that is none; REFUSED when it cannot open its feed. */
export async function openAdapter({ root, stream, adapter, connection, logger }: AdapterContext): Promise<Feed> {
  const { module, options } = adapter;
  const invalid = (what: string, cause?: unknown) =>
    new ConnectError('INVALID_DEFINITION', `${module}, which reads the feed of stream ${stream}, ${what}`, {
      cause,
      hint: 'docs/adapters.md shows what such a module exports',
    });
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(pathToFileURL(resolve(root, module)).href)) as typeof loaded;
  } catch (error) {
    throw invalid(`cannot be loaded: ${messageOf(error)}`, error);
  }
  if (typeof loaded.default !== 'function') throw invalid('has no function as its default export');
  const { address, token, tls } = connection;
  const context = {
    stream,
    options,
    logger,
    connection: { address, token, tls: typeof tls === 'boolean' ? tls : readTls(tls, FEED_TLS) },
  };
  const open = loaded.default as OpenFeed;
  let feed: Feed;
  try {
    feed = await open(context);
  } catch (error) {
    throw failure(module, error, 'cannot open its feed');
  }
  if (typeof feed?.read !== 'function') throw invalid('returns no feed: it has no function `read`');
  if (typeof feed.address !== 'string') throw invalid('returns no feed: its `address` is no text');
  return feed;
}

/** Closes a feed; what that throws is of no use to anybody any more. */
export async function closeFeed(feed: Feed): Promise<void> {
  try {
    await feed.close?.();
  } catch {
    // The reading is over.
  }
}

/** What a module has thrown: a break that is worth another try, or the end. */
export function failure(module: string, error: unknown, what = 'failed'): ConnectError {
  if (error instanceof ConnectError) return error;
  const isFatal = (error as { fatal?: unknown } | null)?.fatal === true || what !== 'failed';
  return new ConnectError(isFatal ? 'REFUSED' : 'UNREACHABLE', `${module} ${what}: ${messageOf(error)}`, {
    cause: error,
    hint: 'the module of the project says so: look there, and at the feed that it reads',
  });
}
