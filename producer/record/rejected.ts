import { bigintOf, isLongLike } from '../feed/protocol.ts';
import type { OutgoingRecord } from '../kafka/outgoing-record.ts';
import type { Refusal } from './refusal.ts';

/** What is known of a refused update. */
export interface RefusedUpdate {
  /** The whole stream message as the feed sent it. */
  readonly bytes: Buffer;
  /** The update as far as it could be read. */
  readonly update: Readonly<Record<string, unknown>> | undefined;
  readonly refusals: readonly Refusal[];
}

export interface RejectedRecords {
  /** The record for the rejected topic; `at` is the time of refusal. */
  create(refused: RefusedUpdate, at: Date): OutgoingRecord;
}

/** Kafka takes 1 MiB by default; larger bytes are cut, and a header says so. */
export const MAX_REJECTED_BYTES = 512 * 1024;
/** A refused value may be of any length; headers only quote it. */
const MAX_QUOTED = 256;
const MAX_LISTED_REFUSALS = 64;

/**
 * Records for a stream's rejected topic. Value: the original bytes, a protobuf message of the type in header
 * `feed-message`. Headers: `reason` (refusal codes) and `field`, both comma-separated; `detail` (JSON of all refusals);
 * `stream`; `slot` and `signature` if readable; `rejected-at` (ISO, UTC); `original-bytes` when the value was cut.
 */
export function createRejectedRecords(options: {
  readonly topic: string;
  readonly stream: string;
  readonly keyField: string;
  readonly feedMessage: string;
}): RejectedRecords {
  const { topic, stream, keyField, feedMessage } = options;
  return {
    create({ bytes, update, refusals }, at) {
      const key = readable(update?.[keyField]);
      const slot = readable(update?.slot);
      const signature = readable(update?.signature);
      const cut = bytes.length > MAX_REJECTED_BYTES;
      const headers = {
        reason: distinct(refusals.map(({ code }) => code)),
        field: distinct(refusals.flatMap(({ field }) => (field === undefined ? [] : [field]))),
        detail: JSON.stringify(refusals.slice(0, MAX_LISTED_REFUSALS)),
        stream,
        'feed-message': feedMessage,
        'rejected-at': at.toISOString(),
        ...(slot === undefined ? {} : { slot }),
        ...(signature === undefined ? {} : { signature }),
        ...(cut ? { 'original-bytes': String(bytes.length) } : {}),
      };
      return {
        topic,
        key: key === undefined ? null : Buffer.from(key),
        value: cut ? bytes.subarray(0, MAX_REJECTED_BYTES) : bytes,
        headers,
      };
    },
  };
}

const distinct = (words: readonly string[]): string => [...new Set(words)].join(',');

function readable(value: unknown): string | undefined {
  if (isLongLike(value)) return bigintOf(value).toString();
  if (typeof value !== 'string' || value === '') return undefined;
  return value.slice(0, MAX_QUOTED);
}
