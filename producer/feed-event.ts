/** What a feed says, one message at a time. */
export type FeedEvent =
  /** `update` is the message in `bytes` as protobufjs reads it: names as in the proto, enums as numbers, 64 bits as Long. */
  | { readonly kind: 'update'; readonly bytes: Buffer; readonly update: Readonly<Record<string, unknown>> }
  /** The feed has reached `slot`. */
  | { readonly kind: 'slot'; readonly slot: bigint }
  | { readonly kind: 'ping' }
  /** Bytes that are no message of this feed. */
  | { readonly kind: 'undecodable'; readonly bytes: Buffer; readonly reason: string };
