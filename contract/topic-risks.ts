import type { AvroField } from '../schemas/avro-schema.ts';

/** A setting of a topic that harms, and how. */
export interface TopicRisk {
  readonly key: string;
  readonly message: string;
  readonly remedy: string;
}

const DAY_MS = 86_400_000n;
const MINUTE_MS = 60_000n;

const whole = (text: string | undefined): bigint | undefined =>
  text !== undefined && /^\d+$/.test(text.trim()) ? BigInt(text.trim()) : undefined;

/**
 * What a data topic's settings would do to records, each of them at most `largestRecord` bytes; undefined: as large as the
 * producer sends any. Settings that are left out have Kafka's defaults, which do no harm. Pure.
 */
export function* topicRisks(
  config: Readonly<Record<string, string>>,
  largestRecord: number | undefined,
): Generator<TopicRisk> {
  const needed = BigInt(largestRecord ?? 1_048_588);
  for (const key of ['max.message.bytes', 'segment.bytes']) {
    const bytes = whole(config[key]);
    if (bytes === undefined || bytes >= needed) continue;
    const message = `${key} ${bytes} is less than the largest record takes (${needed} bytes): the broker refuses it and the producer ends`;
    yield { key, message, remedy: `make it ${needed} or more, or leave it out` };
  }
  if (config['message.timestamp.type'] !== 'LogAppendTime') {
    for (const [key, least, why] of [
      [
        'message.timestamp.before.max.ms',
        DAY_MS,
        'records that waited for Kafka longer than that are refused for good',
      ],
      ['message.timestamp.after.max.ms', MINUTE_MS, 'records of a producer whose clock is a little ahead are refused'],
    ] as const) {
      const time = whole(config[key]);
      if (time === undefined || time >= least) continue;
      yield { key, message: `${key} ${time}: ${why}`, remedy: `make it ${least} or more, or leave it out` };
    }
  }
  const elections = 'unclean.leader.election.enable';
  if (/^true$/i.test(config[elections] ?? '')) {
    const message = `${elections} true: a copy that lacks acknowledged records may become the leader, and they are gone`;
    yield { key: elections, message, remedy: 'leave it false' };
  }
  const codec = config['compression.type'] ?? 'producer';
  if (/^(snappy|lz4|zstd)$/.test(codec)) {
    const message = `compression.type ${codec}: verify, quarantine and dlq read no records but plain and gzip ones`;
    yield { key: 'compression.type', message, remedy: 'write gzip, or leave it producer' };
  }
}

/** More than the framing of a record, and of the batch that it is alone in, take. */
const OVERHEAD_BYTES = 200;
/** Of one character in UTF-8 at most, and of a length or a whole number. */
const CHARACTER_BYTES = 4;
const NUMBER_BYTES = 10;

/** What the largest record takes in Kafka, from above; undefined when a field has no limit. */
export function largestRecord(fields: readonly AvroField[], key: string): number | undefined {
  const sizes = fields.map((field) => fieldBytes(field) * (field.name === key ? 2 : 1));
  const bytes = sizes.reduce((sum, size) => sum + size, OVERHEAD_BYTES);
  return Number.isFinite(bytes) ? bytes : undefined;
}

const UUID_CHARACTERS = 36;

function fieldBytes({ kind, maxLength, allowed, precision = 0 }: AvroField): number {
  if (kind === 'decimal') return precision + NUMBER_BYTES;
  if (['bytes', 'json', 'array'].includes(kind)) return Number.POSITIVE_INFINITY;
  if (kind === 'uuid') return UUID_CHARACTERS + NUMBER_BYTES;
  if (kind !== 'string') return NUMBER_BYTES;
  const characters = allowed === undefined ? maxLength : Math.max(...allowed.map((word) => word.length));
  return NUMBER_BYTES + (characters ?? Number.POSITIVE_INFINITY) * CHARACTER_BYTES;
}
