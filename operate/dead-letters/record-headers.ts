import { explainTrace, type RecordPlace } from '../../connectors/wait/failure.ts';
import { headerText, type RecordHeaders } from '../../core/kafka-headers.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { formatPlace } from '../record-place.ts';

/** The headers that Kafka Connect adds to a record in a dead-letter topic. */
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

/** The headers that `connect quarantine` adds as well. */
export const QUARANTINE_HEADERS = {
  /** `does-not-decode` or `refused-by-database`. */
  reason: 'quarantine.reason',
  /** What was proved, for a person. */
  proof: 'quarantine.proof',
  /** ISO, UTC. */
  at: 'quarantine.at',
} as const;

/** The headers that a replay adds to a record in its data topic. Connect keeps them if the record becomes a dead letter again. */
export const REPLAY_HEADERS = {
  /** How many times the record has been replayed. */
  count: 'replay.count',
  /** The name of its dead letter: `positions-3@81244`, or `positions.rejected-0@5` for a refused update. */
  of: 'replay.of',
  /** ISO, UTC. */
  at: 'replay.at',
} as const;

/** Where a dead letter stood in the data topic; undefined when its headers do not say. */
export function originOf(headers: RecordHeaders): RecordPlace | undefined {
  const topic = headerText(headers, CONNECT_HEADERS.topic);
  const partition = headerText(headers, CONNECT_HEADERS.partition);
  const offset = headerText(headers, CONNECT_HEADERS.offset);
  if (topic === undefined || !/^\d+$/.test(partition ?? '') || !/^\d+$/.test(offset ?? '')) return undefined;
  return { topic, partition: Number(partition), offset: BigInt(offset ?? 0) };
}

/** The name of a dead letter: where the record stood, so that two copies have one name; else where it stands now. */
export const deadLetterName = (headers: RecordHeaders, place: RecordPlace): string =>
  formatPlace(originOf(headers) ?? place);

/** Why a record became a dead letter: the innermost cause where there is a trace. */
export function causeOf(headers: RecordHeaders, stream: StreamDefinition): string {
  const trace = headerText(headers, CONNECT_HEADERS.trace);
  if (trace !== undefined && trace !== '') return explainTrace(trace, stream).cause;
  const exception = headerText(headers, CONNECT_HEADERS.exception)?.split('.').at(-1);
  const message = headerText(headers, CONNECT_HEADERS.message);
  return [exception, message].filter((part) => part !== undefined && part !== '').join(': ') || 'not said';
}

const OURS = /^(__connect\.errors\.|quarantine\.|replay\.)/;

/** The headers that the record had before Connect, quarantine and replays added theirs. */
export const ownHeaders = (headers: RecordHeaders): RecordHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OURS.test(name)));

/** How many times the record was replayed before it became this dead letter. */
export function replayCount(headers: RecordHeaders): number {
  const text = headerText(headers, REPLAY_HEADERS.count) ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
