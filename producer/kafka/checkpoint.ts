import { ConnectError } from '../../core/errors.ts';
import type { ScannedRecord } from '../../core/kafka-scan.ts';
import { COMMITMENTS, type Commitment } from '../feed/event.ts';
import type { Gap } from '../feed/resume.ts';

/** A gap that an operator chose to leave. */
export interface AcceptedGap extends Gap {
  /** ISO, UTC. */
  readonly acceptedAt: string;
}

/** Where a stream is resumed. */
export interface ResumePoint {
  /** Everything the feed sent before it reached this slot is acknowledged by Kafka. */
  readonly slot: bigint;
  /** The newest accepted gaps, oldest first. */
  readonly gaps: readonly AcceptedGap[];
  /** How final the updates were that the feed was asked for; left out by an older producer. */
  readonly commitment?: Commitment | undefined;
  /** When it was written: ISO, UTC. */
  readonly at?: string | undefined;
  /** Over how many partitions of the topic the run spreads its records; left out by an older producer. */
  readonly partitions?: number | undefined;
}

/**
 * How far a stream has been read and published, as it stands in the checkpoint topic under the stream's name. All but the
 * resume point is there for people.
 */
export interface Checkpoint extends ResumePoint {
  /** When it was written: ISO, UTC. */
  readonly at: string;
  /** Updates of this producer run: taken from the feed, published, refused. */
  readonly received: number;
  readonly published: number;
  readonly rejected: number;
  /** The run that wrote it. */
  readonly instance: string;
  readonly partitions: number;
  /** Address of the feed it was read from. Not part of the key: a feed that moves keeps its place. */
  readonly feed: string;
}

/** The record value: JSON in which slots are text, because they go beyond what a JSON number keeps. */
export function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  const text = JSON.stringify(checkpoint, (_key, value) => (typeof value === 'bigint' ? value.toString() : value));
  return Buffer.from(text);
}

/** Reads a record value; undefined when it is no checkpoint. */
function decodeCheckpoint(value: Buffer): ResumePoint | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString());
  } catch {
    return undefined;
  }
  if (!isObject(parsed)) return undefined;
  const slot = slotOf(parsed.slot);
  const gaps = Array.isArray(parsed.gaps) ? parsed.gaps.flatMap((gap) => decodeGap(gap) ?? []) : [];
  const commitment = COMMITMENTS.find((each) => each === parsed.commitment);
  const { at, partitions } = parsed;
  return slot === undefined
    ? undefined
    : {
        slot,
        gaps,
        commitment,
        at: typeof at === 'string' ? at : undefined,
        partitions: typeof partitions === 'number' ? partitions : undefined,
      };
}

/**
 * The checkpoint of `stream` among the topic's records in log order: the last readable one after the last tombstone.
 * Undefined when there is none. Errors: UNSAFE when records exist and none is readable, because starting anew would
 * leave out unknown slots.
 */
export function latestCheckpoint(
  stream: string,
  topic: string,
  records: readonly Pick<ScannedRecord, 'key' | 'value' | 'partition' | 'offset'>[],
): ResumePoint | undefined {
  let found: ResumePoint | undefined;
  let unreadable: string | undefined;
  for (const { key, value, partition, offset } of records) {
    if (key?.toString() !== stream) continue;
    if (value === null) {
      found = undefined;
      unreadable = undefined;
      continue;
    }
    const checkpoint = decodeCheckpoint(value);
    if (checkpoint === undefined) unreadable = `${topic}-${partition}@${offset}`;
    else found = checkpoint;
  }
  // An older readable checkpoint is safe: more of the feed is read again, nothing is left out.
  if (found === undefined && unreadable !== undefined) {
    throw new ConnectError('UNSAFE', `the checkpoint of stream ${stream} at ${unreadable} cannot be read`, {
      details: { stream, record: unreadable },
      hint: 'start once with --from-slot, at a slot that is certainly published; that writes a new checkpoint',
    });
  }
  return found;
}

function decodeGap(value: unknown): AcceptedGap | undefined {
  if (!isObject(value)) return undefined;
  const from = slotOf(value.from);
  const to = slotOf(value.to);
  return from === undefined || to === undefined ? undefined : { from, to, acceptedAt: String(value.acceptedAt ?? '') };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const slotOf = (value: unknown): bigint | undefined =>
  typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : undefined;
