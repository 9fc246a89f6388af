import { withoutValues } from '../../core/without-values.ts';
import { traceColumns } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { ObservedSink } from '../sink-config.ts';
import { type Fault, knownCause } from './known-causes.ts';

/** Where a record stands. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** What a Java stack trace is really about. */
export interface Failure {
  /** Innermost cause without Java's packaging: `PSQLException: column "x" of relation "positions" does not exist`. Holds no value of a row. */
  readonly cause: string;
  /** The records it can be about: one, or those of one statement; empty when the trace does not say. */
  readonly suspects: readonly RecordPlace[];
  /** What to do about a cause that is known, and whose fault it is. */
  readonly hint?: string | undefined;
  readonly fault?: Fault | undefined;
  /** Whether it may end by itself: a part was away. */
  readonly passes?: boolean | undefined;
}

/** A failed connector (`task` undefined) or task. */
export interface FailedPart extends Failure {
  readonly task?: number;
  readonly worker: string;
}

/** Everything that has FAILED; empty when nothing has. */
export function failuresOf(
  sink: Pick<ObservedSink, 'state' | 'worker' | 'trace' | 'tasks'>,
  stream: StreamDefinition,
): FailedPart[] {
  const connector = { state: sink.state, worker: sink.worker, trace: sink.trace };
  const tasks = sink.tasks.map(({ id, state, worker, trace }) => ({ task: id, state, worker, trace }));
  return [connector, ...tasks]
    .filter(({ state }) => state === 'FAILED')
    .map(({ state: _state, trace, ...part }) => ({ ...part, ...explainTrace(trace ?? '', stream) }));
}

/** Reads the real reason out of a stack trace. */
export function explainTrace(trace: string, stream: StreamDefinition): Failure {
  const causes = trace
    .split(/^Caused by: /m)
    .map(headline)
    .filter((cause) => cause !== '');
  // The driver names the address it could not reach, the socket's own exception below it does not.
  const innermost = causes.findLast((cause) => !/^java\.net\./.test(cause)) ?? causes.at(-1);
  if (innermost === undefined) return { cause: 'no reason given; see the log of the worker', suspects: [] };
  const cause = readable(innermost);
  const known = knownCause(cause, trace);
  return {
    cause: known?.means === undefined ? cause : `${cause} (${known.means})`,
    suspects: findSuspects(trace, stream),
    hint: known?.hint,
    fault: known?.fault,
    passes: known?.passes,
  };
}

/** Cause and record of a failure, one line each, for messages. */
export function causeLines({ cause, suspects }: Failure): string[] {
  const record = formatSuspects(suspects);
  return [`  cause   ${cause}`, ...(record === undefined ? [] : [`  record  ${record}`])];
}

/** `positions-3@81244`, or for several `one of 128 records, positions-3@81200…81327`; undefined for none. */
export function formatSuspects(suspects: readonly RecordPlace[]): string | undefined {
  const [first] = suspects;
  if (first === undefined) return undefined;
  if (suspects.length === 1) return `${first.topic}-${first.partition}@${first.offset}`;
  const ranges = new Map<string, bigint[]>();
  for (const { topic, partition, offset } of suspects) {
    const name = `${topic}-${partition}`;
    ranges.set(name, [...(ranges.get(name) ?? []), offset]);
  }
  const texts = [...ranges].map(([name, offsets]) => {
    const sorted = offsets.sort((a, b) => (a < b ? -1 : 1));
    return sorted.length === 1 ? `${name}@${sorted[0]}` : `${name}@${sorted[0]}…${sorted.at(-1)}`;
  });
  return `one of ${suspects.length} records, ${texts.sort().join(', ')}`;
}

const MAX_CAUSE_LENGTH = 600;

/**
 * The message above the frames. PostgreSQL's has several lines: Detail and Hint belong to it, the place in the SQL does not, which
 * comes last and may have lines of its own.
 */
function headline(part: string): string {
  const lines: string[] = [];
  for (const line of part.split('\n')) {
    if (/^\s+(at |\.\.\. \d+ (more|common))/.test(line) || /^\s*Suppressed: /.test(line)) break;
    const text = line.trim();
    if (/^(Position|Where|Location|File|Routine|Line|Server SQLState): /.test(text)) break;
    if (text !== '') lines.push(text);
  }
  return lines.join(' ');
}

function readable(cause: string): string {
  const text = withoutValues(cause)
    // org.postgresql.util.PSQLException: → PSQLException:
    .replaceAll(/(?:\b[a-z][\w$]{0,60}\.){1,20}([A-Z][\w$]{0,100}(?:Exception|Error|Throwable))\b/g, '$1')
    .replace(/^(\w+): (?:ERROR|FATAL): /, '$1: ');
  return text.length <= MAX_CAUSE_LENGTH ? text : `${text.slice(0, MAX_CAUSE_LENGTH)} …`;
}

/**
 * A converter's trace may name its record. A failed statement's names its rows, up to 128 of them, and the sink's last two
 * columns are the record each row comes from.
 */
function findSuspects(trace: string, stream: StreamDefinition): RecordPlace[] {
  const named =
    /(?:topic '([^']+)' partition (\d+) at offset (\d+))|(?:for partition (\S+)-(\d+) at offset (\d+))/.exec(trace);
  if (named !== null) {
    const [, topic = named[4], partition = named[5], offset = named[6]] = named;
    return [{ topic: topic ?? '', partition: Number(partition), offset: BigInt(offset ?? 0) }];
  }
  const columns = `,${traceColumns.partition},${traceColumns.offset}) VALUES `;
  const statement = trace.split(/^Caused by: java\.sql\.BatchUpdateException: /m)[1]?.split('\n')[0] ?? '';
  if (!statement.includes(columns)) return [];
  const [, values = ''] = statement.split(columns);
  const [rows = ''] = values.split(' ON CONFLICT ');
  return [...rows.matchAll(/\('(\d+)'::int4\),\('(\d+)'::int8\)\)(?=,\(\(|$)/g)].map(([, partition, offset]) => ({
    topic: stream.topic.name,
    partition: Number(partition),
    offset: BigInt(offset ?? 0),
  }));
}
