import type { IHeaders } from 'kafkajs';
import { explainTrace, type RecordPlace } from '../../connectors/wait/failure.ts';
import { headerText } from '../../core/kafka-scan.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';

/** As Kafka Connect writes them beside a record in a dead letter topic. */
export const CONNECT_HEADERS = {
  topic: '__connect.errors.topic',
  partition: '__connect.errors.partition',
  offset: '__connect.errors.offset',
  connector: '__connect.errors.connector.name',
  task: '__connect.errors.task.id',
  stage: '__connect.errors.stage',
  exception: '__connect.errors.exception.class.name',
  message: '__connect.errors.exception.message',
  trace: '__connect.errors.exception.stacktrace',
} as const;

/** What `connect quarantine` writes besides. */
export const QUARANTINE_HEADERS = {
  /** `does-not-decode` or `refused-by-database`. */
  reason: 'quarantine.reason',
  /** What was proved, for a person. */
  proof: 'quarantine.proof',
  /** ISO, UTC. */
  at: 'quarantine.at',
} as const;

/** What a replay writes beside a record in its data topic. They come along when the record ends up as a letter once more. */
export const REPLAY_HEADERS = {
  /** How many times the record has been replayed. */
  count: 'replay.count',
  /** The letter it was: `positions-3@81244`, or `positions.rejected-0@5` for one that had no place in the topic. */
  of: 'replay.of',
  /** ISO, UTC. */
  at: 'replay.at',
} as const;

/** `positions-3@81244`: how Kafka's own tools name a record. */
export const formatPlace = ({ topic, partition, offset }: RecordPlace): string => `${topic}-${partition}@${offset}`;

/** Where a dead letter stood; undefined when its headers do not say. */
export function originOf(headers: IHeaders): RecordPlace | undefined {
  const topic = headerText(headers, CONNECT_HEADERS.topic);
  const partition = headerText(headers, CONNECT_HEADERS.partition);
  const offset = headerText(headers, CONNECT_HEADERS.offset);
  if (topic === undefined || !/^\d+$/.test(partition ?? '') || !/^\d+$/.test(offset ?? '')) return undefined;
  return { topic, partition: Number(partition), offset: BigInt(offset ?? 0) };
}

/** The place under which a dead letter is counted: where the record stood, so that a second copy counts once. */
export const deadLetterId = (headers: IHeaders, own: RecordPlace): string => formatPlace(originOf(headers) ?? own);

/** Why a record became a dead letter: the innermost cause where there is a trace. */
export function deadLetterCause(headers: IHeaders, stream: StreamDefinition): string {
  const trace = headerText(headers, CONNECT_HEADERS.trace);
  if (trace !== undefined && trace !== '') return explainTrace(trace, stream).cause;
  const exception = headerText(headers, CONNECT_HEADERS.exception)?.split('.').at(-1);
  const message = headerText(headers, CONNECT_HEADERS.message);
  return [exception, message].filter((part) => part !== undefined && part !== '').join(': ') || 'not said';
}

const OURS = /^(__connect\.errors\.|quarantine\.|replay\.)/;

/** The record's own headers: without what Connect, quarantine and replays have added. */
export const ownHeaders = (headers: IHeaders): IHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OURS.test(name)));

/** How many times the record was replayed before it became this letter. */
export function replayCount(headers: IHeaders): number {
  const text = headerText(headers, REPLAY_HEADERS.count) ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
