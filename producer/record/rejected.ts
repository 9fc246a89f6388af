import { rejectedTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { AnyFeedService } from '../feed/feed-service.ts';
import { isLongLike, wholeOf } from '../feed/long.ts';
import type { OutgoingRecord } from '../kafka/outgoing-record.ts';
import { valueAtPath } from './conversions.ts';
import { plainSource } from './field-source.ts';
import type { Refusal } from './refusal.ts';

/** What is known of a refused update. */
export interface RefusedUpdate {
  /** The whole stream message as the feed sent it. */
  readonly bytes: Buffer;
  /** The update as far as it could be read. */
  readonly update?: Readonly<Record<string, unknown>> | undefined;
  /** Its number in its slot. */
  readonly ordinal?: number | undefined;
  readonly refusals: readonly Refusal[];
}

/** Kafka takes 1 MiB by default; larger bytes are cut, and a header says so. */
const MAX_REJECTED_BYTES = 512 * 1024;
/** A refused value may be of any length; headers only quote it. */
const MAX_QUOTED = 256;
const MAX_LISTED_REFUSALS = 64;

/**
 * The record of a stream's rejected topic for an update that was refused `at`. Value: the original bytes, a protobuf message
 * of the type in header `feed-message`. Headers: `reason` (refusal codes) and `field`, both comma-separated; `detail` (JSON
 * of all refusals); `stream`; `slot` and `signature` if readable; `ordinal`, the update's number in its slot, if counted;
 * `rejected-at` (ISO, UTC); `original-bytes` when the value was cut.
 */
export function rejectedRecord(
  stream: Pick<StreamDefinition, 'name' | 'topic'>,
  { messageName, updateName, mapping }: Pick<AnyFeedService, 'messageName' | 'updateName' | 'mapping'>,
  { bytes, update, ordinal, refusals }: RefusedUpdate,
  at: Date,
): OutgoingRecord {
  const sent = (name: string) => readable(valueAtPath(update, plainSource(name, mapping)?.split('.') ?? []));
  const key = sent(stream.topic.key);
  const slot = sent('slot');
  const signature = sent('signature');
  const cut = bytes.length > MAX_REJECTED_BYTES;
  const headers = {
    reason: distinct(refusals.map(({ code }) => code)),
    field: distinct(refusals.flatMap(({ field }) => field ?? [])),
    detail: JSON.stringify(refusals.slice(0, MAX_LISTED_REFUSALS)),
    stream: stream.name,
    'feed-message': update === undefined ? messageName : updateName,
    'rejected-at': at.toISOString(),
    ...(slot === undefined ? {} : { slot }),
    ...(signature === undefined ? {} : { signature }),
    ...(ordinal === undefined ? {} : { ordinal: String(ordinal) }),
    ...(cut ? { 'original-bytes': String(bytes.length) } : {}),
  };
  const value = cut ? bytes.subarray(0, MAX_REJECTED_BYTES) : bytes;
  return { topic: rejectedTopic(stream), key: key === undefined ? null : Buffer.from(key), value, headers };
}

const distinct = (words: readonly string[]): string => [...new Set(words)].join(',');

function readable(value: unknown): string | undefined {
  if (isLongLike(value) || typeof value === 'bigint') return wholeOf(value)?.toString();
  if (typeof value !== 'string' || value === '') return undefined;
  return value.slice(0, MAX_QUOTED);
}
