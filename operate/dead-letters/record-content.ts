import { headerText } from '../../core/kafka-headers.ts';
import type { AnyFeedService } from '../../producer/feed/feed-service.ts';
import { bigintOf, isLongLike } from '../../producer/feed/long.ts';
import { jsonText } from '../../producer/record/json-text.ts';
import type { AvroValue } from '../../schemas/avro-schema.ts';
import { canonicalText } from '../../schemas/canonical-text.ts';
import type { RecordDecoder } from '../../schemas/record-decoder.ts';
import { decodeValue } from '../judge-records.ts';
import type { DeadLetter } from './dead-letter.ts';

/** What a dead letter holds: the fields of an update as text, or bytes that cannot be read and why. */
export type RecordContent =
  | { readonly kind: 'update'; readonly fields: Readonly<Record<string, string | null>> }
  | { readonly kind: 'unreadable'; readonly reason: string; readonly bytes: number; readonly hex: string };

export interface ContentReaders {
  /** Dead letters are Avro by the registry's schemas. */
  readonly decoder: RecordDecoder;
  /** Rejected updates are messages of the feed; undefined where none are read. */
  readonly service: AnyFeedService | undefined;
}

/** Bytes beyond this are counted, not shown. */
const MAX_HEX_BYTES = 256;

/** Reads what a dead letter holds. Errors: those of a registry that gives no answer, which says nothing about the record. */
export async function readContent(
  { decoder, service }: ContentReaders,
  deadLetter: DeadLetter,
): Promise<RecordContent> {
  const { value } = deadLetter.record;
  const bytes = value ?? Buffer.alloc(0);
  const unreadable = (reason: string): RecordContent => ({
    kind: 'unreadable',
    reason,
    bytes: bytes.length,
    hex: bytes.subarray(0, MAX_HEX_BYTES).toString('hex'),
  });
  if (deadLetter.source === 'rejected' && service !== undefined) {
    const event = service.readRejected(bytes, headerText(deadLetter.record.headers, 'feed-message'));
    if (event.kind === 'update') return { kind: 'update', fields: protoFields(event.update, service) };
    return unreadable(event.kind === 'undecodable' ? event.reason : `it is a message of kind ${event.kind}`);
  }
  const decoded = await decodeValue(decoder, value);
  if (decoded.kind === 'good') return { kind: 'update', fields: avroFields(decoded.values) };
  return unreadable(decoded.kind === 'empty' ? 'it has no value' : decoded.reason);
}

const avroFields = (record: Readonly<Record<string, AvroValue>>): Record<string, string | null> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, shownValue(value)]));

/** The fields that were set, numbers exact, enums by their names, messages and lists as JSON. */
const protoFields = (
  message: Readonly<Record<string, unknown>>,
  { update }: Pick<AnyFeedService, 'update'>,
): Record<string, string | null> =>
  Object.fromEntries(
    Object.entries(message).map(([name, value]) => {
      const field = update?.fields[name];
      if (value === null || field === undefined) return [name, shownValue(value)];
      if (field.resolvedType === null && !field.repeated && !field.map) {
        return [name, shownValue(isLongLike(value) ? bigintOf(value) : value)];
      }
      const json = jsonText(field, value);
      return [name, json?.replace(/^"(.*)"$/, '$1') ?? null];
    }),
  );

function shownValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return value.toString('hex');
  return typeof value === 'object' ? JSON.stringify(shownPart(value)) : canonicalText(value);
}

/** What stands in a list or an object: each value as text. */
function shownPart(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shownPart);
  if (typeof value !== 'object' || value === null || value instanceof Date || Buffer.isBuffer(value))
    return shownValue(value);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shownPart(one)]));
}
