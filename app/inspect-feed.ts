import { resolve } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import { isLoopback } from '../core/loopback.ts';
import { type FeedConnection, feedConnection } from '../pipeline/connections.ts';
import type { TimeUnit } from '../pipeline/feed.ts';
import { selectEnvironment } from '../pipeline/load.ts';
import type { NewFile } from '../pipeline/new-stream.ts';
import { resolveSecret } from '../pipeline/secrets.ts';
import { createCatalog, type FeedCatalog, findMethod } from '../producer/feed/inspect/catalog.ts';
import { describedFiles } from '../producer/feed/inspect/descriptor-set.ts';
import { reflectedFiles } from '../producer/feed/inspect/reflection.ts';
import { draftStream } from './init/draft/draft-stream.ts';
import type { DecimalAnswer, DraftAnswers, PositionAnswer } from './init/draft/draft-types.ts';
import { placePosition, placeUpdate, positionKinds, updateChoices } from './init/draft/feed-places.ts';
import { surroundingsOf } from './init/stream-files.ts';
import { writeNewFiles } from './init/write-files.ts';
import { requireStreamName } from './init-stream.ts';
import { openEnvironment, openProject, type Runtime } from './session.ts';

export type { DecimalAnswer, DraftAnswers, FeedCatalog, PositionAnswer, TimeUnit };

/** Where a feed is described: by itself, or by a file. */
export interface FeedSource {
  /** `host:port`; left out with `env` or a descriptor set. */
  readonly address?: string | undefined;
  /** What protoc or buf has written, relative to the folder of the process. */
  readonly descriptorSet?: string | undefined;
  /** The environment whose feed it is, with its TLS and token. */
  readonly env?: string | undefined;
  readonly tls?: boolean | undefined;
  /** A reference to the token: `${env:NAME}`. */
  readonly token?: string | undefined;
  /** Headers: what each is, or a reference to it. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** The token may travel in clear text. */
  readonly insecure?: boolean | undefined;
  readonly timeoutMs: number;
}

/** Reads what a feed says of itself. Errors: USAGE for a source that is none or two; those of `reflectedFiles` and `describedFiles`. */
export async function inspectFeed(runtime: Runtime, source: FeedSource): Promise<FeedCatalog> {
  const { address, descriptorSet, env } = source;
  const given = Object.entries({ ADDRESS: address, '--descriptor-set': descriptorSet, '-e': env }).filter(
    ([, one]) => one !== undefined,
  );
  if (given.length !== 1) {
    throw new ConnectError(
      'USAGE',
      `a feed is at one place, and ${given.map(([name]) => name).join(' and ') || 'none'} is given`,
      {
        hint: 'say ADDRESS (host:port), -e NAME for the feed of an environment, or --descriptor-set FILE',
      },
    );
  }
  if (descriptorSet !== undefined) return createCatalog(describedFiles(resolve(runtime.cwd, descriptorSet)));
  const { signal } = runtime;
  const { timeoutMs, metadata } = source;
  const connection = address === undefined ? environmentFeed(runtime, env) : flaggedFeed(runtime, address, source);
  const hasHeaders = Object.keys(metadata ?? {}).length > 0;
  const headers = Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [
      name,
      /^\$\{/.test(value) ? secretOf(runtime, value) : value,
    ]),
  );
  // What connect.yaml says of its own feed was looked at when it was read.
  if (address !== undefined || hasHeaders) requireEncrypted(connection, hasHeaders, source.insecure);
  const sent = { ...connection.metadata, ...headers };
  return createCatalog(await reflectedFiles({ ...connection, metadata: sent, timeoutMs, signal }));
}

function environmentFeed(runtime: Runtime, env: string | undefined): FeedConnection {
  const project = openProject(runtime);
  return feedConnection(selectEnvironment(project, env), openEnvironment(project, env, runtime).secrets);
}

const flaggedFeed = (runtime: Runtime, address: string, { tls = false, token }: FeedSource): FeedConnection => ({
  address,
  tls,
  token: token === undefined ? undefined : secretOf(runtime, token),
});

/** The value behind a reference, which no output repeats. */
function secretOf({ cwd, env, learn }: Runtime, reference: string): string {
  const value = resolveSecret(reference, { root: cwd, env });
  learn([value]);
  return value;
}

function requireEncrypted(
  { address, tls, token }: FeedConnection,
  hasMetadata: boolean,
  insecure: boolean | undefined,
): void {
  if ((token === undefined && !hasMetadata) || tls !== false || insecure === true || isLoopback(address)) return;
  throw new ConnectError(
    'USAGE',
    `the ${token === undefined ? 'metadata' : 'token'} would travel to ${address} in clear text`,
    {
      hint: 'say --tls; or, where nobody else can listen, --insecure',
    },
  );
}

/** What only a person knows, as far as the description shows what there is to choose from. */
export function draftChoices(catalog: FeedCatalog, methodName: string, update: string | undefined) {
  const method = findMethod(catalog, methodName);
  const updates = update === undefined ? updateChoices(catalog, method) : [];
  const namesIn = (one: string | undefined) =>
    (placeUpdate(catalog, method, one).type.message.field ?? []).map(({ name = '' }) => name);
  return {
    /** More than one: the update is one of them. */
    updates: updates.length > 1 ? updates : [],
    /** Fields of the update. */
    fieldsOf: (chosen: string | undefined): readonly string[] => namesIn(chosen ?? update),
    /** Of which kinds the position can be. */
    positions: positionKinds(catalog, method),
    /** Errors: USAGE for a position that the feed cannot be resumed by. */
    requirePosition: (chosen: string | undefined, position: PositionAnswer): void => {
      placePosition(catalog, method, placeUpdate(catalog, method, chosen ?? update).type, position);
    },
  };
}

export interface DraftOptions extends DraftAnswers {
  /** As `findMethod` takes it. */
  readonly method: string;
  readonly stream: string;
  /** Nothing is written. */
  readonly dryRun: boolean;
}

/**
 * Writes proto, definition, Avro schema and migration of a stream that a method of the feed fills, and returns them. Errors: USAGE for a bad
 * or taken name, for answers that are missing or do not fit, and when one of the files is there already; then nothing is written.
 */
export function draftFeedStream(
  runtime: Runtime,
  catalog: FeedCatalog,
  { method, stream, dryRun, ...answers }: DraftOptions,
): readonly NewFile[] {
  requireStreamName(stream);
  const found = findMethod(catalog, method);
  const project = openProject(runtime);
  if (project.streams.some(({ name }) => name === stream)) {
    throw new ConnectError('USAGE', `there is a stream ${stream} already`, { hint: `see connectors/${stream}.yaml` });
  }
  const { guards, surroundings } = surroundingsOf(project.root);
  const files = [...guards, ...draftStream(catalog, found, stream, answers, surroundings)];
  if (!dryRun) writeNewFiles(project.root, files, 'choose another name, or move the file away');
  return files;
}
