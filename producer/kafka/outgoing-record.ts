/** One record on its way to Kafka. A record without key may go to any partition. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** More than a record's offset, timestamp and lengths take. */
const OVERHEAD_BYTES = 70;

/** What a record takes up in a request, estimated from above. */
export function recordBytes(record: OutgoingRecord): number {
  let bytes = OVERHEAD_BYTES + record.value.length + (record.key?.length ?? 0);
  for (const name in record.headers) bytes += name.length + 3 * (record.headers[name]?.length ?? 0) + 4;
  return bytes;
}
