import { ConnectError } from '../../core/errors.ts';
import type { ScannedRecord } from '../../core/kafka-scan.ts';
import { COMMITMENTS, type Commitment } from '../feed/event.ts';
import type { LostTime, Place } from '../feed/method/position-kind.ts';
import type { Gap } from '../feed/resume.ts';

/** A gap that an operator chose to leave. */
export interface AcceptedGap extends Gap {
  /** ISO, UTC. */
  readonly acceptedAt: string;
}

/** Times that nobody read: how many there were, and the newest, oldest first. */
export interface LostTimes {
  readonly count: number;
  readonly recent: readonly LostTime[];
}

/** Where a stream is resumed: everything the feed sent before it is acknowledged by Kafka. */
export type ResumePoint = Place & {
  /** The newest accepted gaps, oldest first. */
  readonly gaps: readonly AcceptedGap[];
  /** Times in which updates may have been lost; left out when there are none. */
  readonly lost?: LostTimes | undefined;
  /** How final the updates were that the feed was asked for; left out by an older producer, and where a feed has no such thing. */
  readonly commitment?: Commitment | undefined;
  /** When it was written: ISO, UTC. */
  readonly at?: string | undefined;
  /** Over how many partitions of the topic the run spreads its records; left out by an older producer. */
  readonly partitions?: number | undefined;
  /**
   * By partition, the offset behind the last record that the place speaks of: a sink that has committed these has read everything up to it. Left
   * out by an older producer, and while a broker has not said where a record stands.
   */
  readonly ends?: readonly bigint[] | undefined;
  /** The newest time that an update before the place names (ISO, UTC); left out where the schema does not tell which of its times that is. */
  readonly time?: string | undefined;
};

/**
 * How far a stream has been read and published, as it stands in the checkpoint topic under the stream's name. All but the
 * resume point is there for people.
 */
export type Checkpoint = ResumePoint & {
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
};

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
  const place = decodePlace(parsed);
  const gaps = Array.isArray(parsed.gaps) ? parsed.gaps.flatMap((gap) => decodeGap(gap) ?? []) : [];
  const commitment = COMMITMENTS.find((each) => each === parsed.commitment);
  const { at, partitions, time } = parsed;
  return place === undefined
    ? undefined
    : {
        ...place,
        gaps,
        lost: decodeLost(parsed.lost),
        commitment,
        at: typeof at === 'string' ? at : undefined,
        partitions: typeof partitions === 'number' ? partitions : undefined,
        ends: decodeEnds(parsed.ends),
        time: typeof time === 'string' ? time : undefined,
      };
}

/**
 * The checkpoint under a key, which is the stream's name or that of a backfill, among the topic's records in log order: the last readable one
 * after the last tombstone. Undefined when there is none. Errors: UNSAFE when records exist and none is readable, because starting anew would
 * leave out unknown slots.
 */
export function latestCheckpoint(
  name: string,
  topic: string,
  records: readonly Pick<ScannedRecord, 'key' | 'value' | 'partition' | 'offset'>[],
): ResumePoint | undefined {
  let found: ResumePoint | undefined;
  let unreadable: string | undefined;
  for (const { key, value, partition, offset } of records) {
    if (key?.toString() !== name) continue;
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
    throw new ConnectError(
      'UNSAFE',
      `the checkpoint of ${name.includes('/') ? name : `stream ${name}`} at ${unreadable} cannot be read`,
      {
        details: { stream: name, record: unreadable },
        hint: 'start once with --from-slot, at a slot that is certainly published; that writes a new checkpoint',
      },
    );
  }
  return found;
}

/** Undefined for a kind that a later version may have: more is never read from a guess. */
function decodePlace({ kind, slot, cursor, heard }: Record<string, unknown>): Place | undefined {
  if (kind === undefined) {
    const place = slotOf(slot);
    return place === undefined ? undefined : { slot: place };
  }
  if (kind === 'cursor' && typeof cursor === 'string' && cursor !== '') return { kind, cursor };
  if (kind === 'none' && typeof heard === 'string') return { kind, heard };
  return undefined;
}

function decodeEnds(value: unknown): readonly bigint[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const ends = value.flatMap((end) => slotOf(end) ?? []);
  return ends.length === value.length ? ends : undefined;
}

function decodeLost(value: unknown): LostTimes | undefined {
  if (!isObject(value) || typeof value.count !== 'number' || !Array.isArray(value.recent)) return undefined;
  const recent = value.recent.filter(isObject).map(({ from, to }) => ({ from: String(from), to: String(to) }));
  return { count: value.count, recent };
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
