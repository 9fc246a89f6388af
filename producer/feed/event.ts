/** How final an update is when the feed sends it, rising. Feeds do not say when a fork takes an update back. */
export const COMMITMENTS = ['processed', 'confirmed', 'finalized'] as const;
export type Commitment = (typeof COMMITMENTS)[number];

/** What is asked of a feed unless an operator asks for less. */
export const DEFAULT_COMMITMENT: Commitment = 'finalized';

/** A message as protobufjs reads it: names as in the proto, enums as numbers, 64 bits as Long. */
export type SentMessage = Readonly<Record<string, unknown>>;

/** What a feed says, one message at a time. */
export type FeedEvent =
  /** `bytes` is the message that holds the update. */
  | { readonly kind: 'update'; readonly bytes: Buffer; readonly update: SentMessage }
  /** A message with several updates. */
  | { readonly kind: 'updates'; readonly updates: readonly SentMessage[] }
  /**
   * The feed has sent everything up to `slot`, as final as `status` says; without a status, as the subscription asked. `bankId`
   * names the bank that is meant, where the slot has more than one.
   */
  | {
      readonly kind: 'slot';
      readonly slot: bigint;
      readonly status: Commitment | undefined;
      readonly bankId: bigint | undefined;
    }
  | { readonly kind: 'ping' }
  /** Bytes that are no message of this feed. */
  | { readonly kind: 'undecodable'; readonly bytes: Buffer; readonly reason: string };
