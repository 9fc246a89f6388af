/** How final an update is when the feed sends it, rising. Feeds send no message for updates that are forked away later. */
export const COMMITMENTS = ['processed', 'confirmed', 'finalized'] as const;
export type Commitment = (typeof COMMITMENTS)[number];

/** What a feed says, one message at a time. */
export type FeedEvent =
  /** `update` is the message in `bytes` as protobufjs reads it: names as in the proto, enums as numbers, 64 bits as Long. */
  | { readonly kind: 'update'; readonly bytes: Buffer; readonly update: Readonly<Record<string, unknown>> }
  /** The feed has reached `slot`, as settled as `status` says, or as the subscription asked for. */
  | { readonly kind: 'slot'; readonly slot: bigint; readonly status: Commitment | undefined }
  | { readonly kind: 'ping' }
  /** Bytes that are no message of this feed. */
  | { readonly kind: 'undecodable'; readonly bytes: Buffer; readonly reason: string };
