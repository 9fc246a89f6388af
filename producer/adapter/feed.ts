import type { Logger } from '../../core/log.ts';

/** A value of an update: what the Avro field of its name takes. Times are milliseconds or Dates, amounts are text. */
export type UpdateValue =
  | string
  | number
  | bigint
  | boolean
  | Date
  | Uint8Array
  | null
  | undefined
  | readonly UpdateValue[];

/** An update by the names of the Avro schema. What is left out is unset. */
export type Update = Readonly<Record<string, UpdateValue>>;

/** What a feed says, one message at a time. */
export type FeedMessage =
  | { readonly update: Update }
  | { readonly updates: readonly Update[] }
  /** The feed is alive, and moves: so it does not count as silent. Say it where slots pass without an update. */
  | { readonly alive: true };

export interface FeedRead {
  /**
   * Where to go on, as text: from this slot on, itself included; or behind this cursor. It is a value that `feed.position.field` had.
   * Undefined: where the feed begins by itself. What is sent twice is one row.
   */
  readonly resume: string | undefined;
  /** Ends the reading. An iteration that goes on ten seconds later is left alone. */
  readonly signal: AbortSignal;
}

/** Slots or cursors that a feed can send again, as text. */
export interface ReplayWindow {
  readonly earliest: string;
  readonly latest: string;
}

/**
 * A feed that a project's own module reads. An error that it throws is a break: it is read again, after a pause that grows, from the last
 * position that Kafka has. An error whose `fatal` is true ends the run.
 */
export interface Feed {
  /** Where it reads from, for messages. */
  readonly address: string;
  /** Reads once. Positions of updates do not fall. The next message is asked for when there is room for it. */
  read(from: FeedRead): AsyncIterable<FeedMessage>;
  /** What the feed can send again. Left out or undefined: nobody knows before it is read. */
  replayWindow?(signal: AbortSignal): Promise<ReplayWindow | undefined>;
  /** For `connect doctor`: resolves with a sentence about a feed that works; throws what is wrong. */
  health?(signal: AbortSignal): Promise<string>;
  close?(): Promise<void> | void;
}

/** What a module is given. */
export interface FeedContext {
  /** The stream's name. */
  readonly stream: string;
  /** `feed.options` of the definition. */
  readonly options: Readonly<Record<string, unknown>>;
  /** `feed` of the environment in connect.yaml: `host:port`, the token itself, and TLS as Node takes it (PEM) or whether it is wanted. */
  readonly connection: {
    readonly address: string;
    readonly token?: string | undefined;
    readonly tls: boolean | Readonly<Partial<Record<'ca' | 'cert' | 'key', string>>>;
  };
  readonly logger: Logger;
}

/** The default export of a module. Called once for a run. */
export type OpenFeed = (context: FeedContext) => Feed | Promise<Feed>;
