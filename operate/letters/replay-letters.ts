import { failuresOf } from '../../connectors/wait/failure.ts';
import { ConnectError } from '../../core/errors.ts';
import { topicRanges } from '../../core/kafka-scan.ts';
import { waitFor } from '../../core/retry.ts';
import { canonicalRecord } from '../canonical.ts';
import { publishRecords } from '../publish-records.ts';
import { deployedStatus, failingSink, type SinkAction } from '../settle-sink.ts';
import type { Letter } from './letter.ts';
import { formatPlace, REPLAY_HEADERS } from './letter-headers.ts';
import { type ReplayMark, readReplayed, replayMarks } from './replay-marks.ts';
import { planReplay, type ReadyRecord, type ReplayParts } from './replay-plan.ts';

export interface ReplayOptions {
  /** At most so many letters are replayed. */
  readonly limit: number;
  readonly again: boolean;
  readonly dryRun: boolean;
  /** Asked once, with the number of letters that would be replayed. */
  readonly agree: (letters: number) => Promise<void>;
}

/** What became of one letter. */
export interface ReplayedLetter {
  readonly letter: string;
  readonly cause: string;
  /**
   * `replayed`: published now. `planned`: would be, in a dry run. `left`: beyond the limit. Otherwise why it was not: replayed
   * before, in the table from a later delivery, still refused, or come back too often.
   */
  readonly outcome: 'replayed' | 'planned' | 'left' | 'replayed-before' | 'newer' | 'refused' | 'looping';
  readonly reason?: string;
  /** The new record: `positions-3@99001`. */
  readonly record?: string;
  /** Whether the table holds its row, from this record or a later one. Only of what was replayed now. */
  readonly arrived?: boolean;
}

export interface ReplayResult {
  readonly letters: readonly ReplayedLetter[];
  readonly replayed: number;
  readonly arrived: number;
  /** Why the sink stopped meanwhile. */
  readonly failure?: string;
}

const CLIENT_ID = 'perps-connect-replay';
const BATCH = 500;

/**
 * Replays letters into their topic: key and partition as they were (a rejected update gets its key's partition), a new offset,
 * headers that count and name the replay. What would be refused again is not sent. Then waits until the table holds the row
 * of each. Errors: REFUSED while the sink does not run; those of Kafka, registry and database.
 */
export async function replayLetters(
  action: SinkAction,
  parts: ReplayParts,
  letters: readonly Letter[],
  options: ReplayOptions,
): Promise<ReplayResult> {
  const { stream, kafka } = action;
  const ranges = await topicRanges(kafka, stream.topic.name, CLIENT_ID);
  if (ranges === undefined) throw new ConnectError('NOT_FOUND', `topic ${stream.topic.name} does not exist`);
  const replayed = await readReplayed(action);
  const verdicts = await planReplay(parts, letters, { ranges, replayed, again: options.again });
  const ready: Sending[] = [];
  const others = new Map<Letter, ReplayedLetter>();
  for (const [index, letter] of letters.entries()) {
    const verdict = verdicts[index];
    const known = { letter: letter.id, cause: letter.cause };
    if (verdict === undefined) continue;
    if (verdict.kind !== 'ready') {
      const outcome = verdict.kind === 'replayed' ? 'replayed-before' : verdict.kind;
      others.set(letter, { ...known, outcome, reason: verdict.reason });
    } else if (ready.length >= options.limit) others.set(letter, { ...known, outcome: 'left' });
    else {
      ready.push({ letter, record: verdict.record });
      others.set(letter, { ...known, outcome: 'planned' });
    }
  }
  const tell = (sent: ReadonlyMap<Letter, Partial<ReplayedLetter>>, failure?: string): ReplayResult => {
    const all = letters.flatMap((letter) => {
      const one = others.get(letter);
      return one === undefined ? [] : [{ ...one, ...sent.get(letter) }];
    });
    return {
      letters: all,
      replayed: sent.size,
      arrived: all.filter(({ arrived }) => arrived === true).length,
      ...(failure === undefined ? {} : { failure }),
    };
  };
  if (options.dryRun || ready.length === 0) return tell(new Map());
  await requireRunning(action);
  await options.agree(ready.length);
  const sent: Sent[] = [];
  for (let at = 0; at < ready.length; at += BATCH) sent.push(...(await send(action, ready.slice(at, at + BATCH))));
  const { arrived, failure } = await waitForRows(action, parts, sent);
  return tell(
    new Map(
      sent.map((one) => [
        one.letter,
        {
          outcome: 'replayed' as const,
          record: formatPlace({ topic: stream.topic.name, partition: one.record.partition, offset: one.offset }),
          arrived: arrived.has(one),
        },
      ]),
    ),
    failure,
  );
}

interface Sending {
  readonly letter: Letter;
  readonly record: ReadyRecord;
}

/** A letter that was published, and where. */
export interface Sent extends Sending {
  readonly offset: bigint;
}

/** Records that nobody reads prove nothing, and a stopped sink may have been stopped because of such records. */
async function requireRunning(action: SinkAction): Promise<void> {
  const status = await deployedStatus(action);
  if (failuresOf(status, action.stream).length > 0) throw failingSink(status, action.stream);
  if (status.state === 'RUNNING') return;
  const name = action.stream.sink.name;
  throw new ConnectError('REFUSED', `${name} is ${status.state}: replayed records would not reach the table`, {
    details: { connector: name, state: status.state },
    hint: 'start it with `connect resume`, then replay',
  });
}

/** Marks, sends, and marks as sent, so that a run killed in between leaves a trace of what it was about. */
async function send(action: SinkAction, batch: readonly Sending[]): Promise<Sent[]> {
  const { stream, kafka } = action;
  const topic = stream.topic.name;
  const marks = replayMarks(action);
  const at = new Date().toISOString();
  const ends = new Map((await topicRanges(kafka, topic, CLIENT_ID))?.map(({ partition, high }) => [partition, high]));
  const markOf = ({ letter, record }: Sending, state: ReplayMark['state'], offset: bigint): ReplayMark => ({
    state,
    of: letter.id,
    topic,
    partition: record.partition,
    offset: offset.toString(),
    at,
  });
  await marks.write(
    new Map(batch.map((one) => [one.letter.sameAs, markOf(one, 'sending', ends.get(one.record.partition) ?? 0n)])),
  );
  const records = batch.map(({ letter, record: { partition, key, value, headers } }) => ({
    partition,
    key,
    value,
    headers: {
      ...headers,
      [REPLAY_HEADERS.count]: String(letter.replays + 1),
      [REPLAY_HEADERS.of]: letter.id,
      [REPLAY_HEADERS.at]: at,
    },
  }));
  const offsets = await publishRecords(kafka, { topic, clientId: CLIENT_ID, records });
  const sent = batch.map((one, index) => ({ ...one, offset: offsets[index] ?? -1n }));
  await marks.write(new Map(sent.map((one) => [one.letter.sameAs, markOf(one, 'sent', one.offset)])));
  return sent;
}

/** The records whose rows the table holds, from them or from later ones; waits for all of them, until the sink fails. */
export async function waitForRows(
  action: SinkAction,
  { table, schema }: Pick<ReplayParts, 'table' | 'schema'>,
  sent: readonly Sent[],
): Promise<{ arrived: ReadonlySet<Sent>; failure?: string }> {
  const { stream, target, timeoutMs, signal } = action;
  const arrived = new Set<Sent>();
  try {
    await waitFor(
      async () => {
        const missing = sent.filter((one) => !arrived.has(one));
        const keys = missing.map(({ record }) => canonicalRecord(schema.fields, record.values));
        const rows = await table.find(keys);
        for (const [index, one] of missing.entries()) {
          const row = rows.get(table.keyOf(keys[index] ?? {}));
          if (row?.partition === one.record.partition && (row.offset ?? -1n) >= one.offset) arrived.add(one);
        }
        if (arrived.size === sent.length) return true;
        const status = await target.status(stream.sink.name);
        if (status !== undefined && failuresOf(status, stream).length > 0) throw failingSink(status, stream);
        return undefined;
      },
      { what: 'the replayed rows', timeoutMs, everyMs: 250, ...(signal === undefined ? {} : { signal }) },
    );
    return { arrived };
  } catch (error) {
    // What has been sent is sent: the answer says which rows are there, also when the wait was in vain.
    return { arrived, failure: ConnectError.from(error).message };
  }
}
