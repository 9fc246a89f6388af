import type { SinkHost } from '../connectors/host.ts';
import { explainTrace, type Failure, formatSuspects } from '../connectors/wait/failure.ts';
import { ConnectError } from '../core/errors.ts';
import { type KafkaConnection, withAdmin } from '../core/kafka.ts';
import { type PostgresConnection, withPostgres } from '../core/postgres.ts';
import { positionKindOf } from '../pipeline/feed.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { readBacklog } from './backlog.ts';
import { deletedUpdates } from './dead-letters/deleted-updates.ts';
import { countOpen } from './dead-letters/open-records.ts';
import { readFreshness } from './freshness/freshness-table.ts';
import { type Freshness, judgeFreshness } from './freshness/judge-freshness.ts';
import { type AcceptedGap, type Gap, openGaps, readAcceptedGaps } from './gaps.ts';
import type { PartitionHealth } from './partitions/plan-partitions.ts';
import { readPartitionHealth } from './partitions/read-health.ts';
import { isPartitioned } from './partitions/read-partitions.ts';
import { estimateRows } from './row-count.ts';
import { readStreamState, type StreamState } from './watch/stream-state.ts';

/** One stream as it is now. A part that gave no answer leaves its members undefined and is listed in `unanswered`. */
export type StreamStatus = Awaited<ReturnType<typeof readStatus>>;

/** Records that Kafka deleted before the sink read them. `open`: the sink has not been started behind them yet. */
interface StatusGap extends Gap {
  readonly state: 'open' | 'accepted';
  /** When it was accepted, ISO, UTC. */
  readonly at?: string | undefined;
}

export interface FailureLine extends Omit<Failure, 'suspects'> {
  /** topic-partition@offset, or the records it is one of. */
  readonly record?: string | undefined;
}

interface SeenGaps {
  readonly accepted: readonly AcceptedGap[];
}

/** The error of a part that gave no answer. */
type Unanswered = Pick<ConnectError, 'code' | 'message' | 'hint'>;

export interface StatusSources {
  readonly stream: StreamDefinition;
  readonly host: Pick<SinkHost, 'observe'>;
  readonly kafka: KafkaConnection;
  readonly database: PostgresConnection;
}

/**
 * Whether somebody has to look at a stream: it is not deployed, something of it does not run that nobody holds back, or it
 * would jump over deleted records. What gave no answer says nothing.
 */
export function isTroubled({ state, tasks, gaps }: StreamStatus): boolean {
  if (gaps.some((gap) => gap.state === 'open')) return true;
  const states = [state, ...tasks.map((task) => task.state)];
  if (state === 'PAUSED' || state === 'STOPPED') return states.includes('FAILED');
  return state !== undefined && (tasks.length === 0 || states.some((one) => one !== 'RUNNING'));
}

/** Asks Connect, Kafka and PostgreSQL at the same time. One that does not answer does not keep the others from answering. */
export async function readStatus({ stream, host, kafka, database }: StatusSources) {
  const unanswered: Unanswered[] = [];
  const ask = async <T>(question: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await question();
    } catch (error) {
      const { code, message, hint } = ConnectError.from(error);
      unanswered.push({ code, message, hint });
      return undefined;
    }
  };
  const [connector, backlog, rows, known, tablePartitions] = await Promise.all([
    ask(() => readConnector(host, stream)),
    ask(async () => ({
      ...(await withAdmin(kafka, 'perps-connect-status', (admin) => readBacklog(admin, stream))),
      accepted: await readAcceptedGaps({ stream, kafka }),
      ...(await readStreamState({ stream, kafka })),
    })),
    ask(() => estimateRows(database, stream)),
    // What watch has found helps where Kafka has dropped checkpoints; a project may lack the table.
    knownFreshness(database, stream.name),
    ask(async () => partitionsOf(database, stream)),
  ]);
  const open = backlog && (await ask(() => countOpen({ stream, kafka }, backlog, { each: 'record' })));
  const gaps: StatusGap[] = [
    ...openGaps(backlog?.gaps ?? [], backlog?.accepted ?? []).map((gap) => ({ ...gap, state: 'open' as const })),
    ...(backlog?.accepted ?? []).map(({ at, ...gap }) => ({ ...gap, state: 'accepted' as const, at })),
  ];
  return {
    stream: stream.name,
    connector: stream.sink.name,
    /** As Kafka Connect says it, or MISSING when it is not deployed. */
    state: connector?.state,
    tasks: connector?.tasks ?? [],
    /** What its host says of it besides, or could not find out. */
    notes: connector?.notes ?? [],
    /** Why the connector itself FAILED. */
    failure: connector?.failure,
    /** Records of the topic that the sink has not committed yet. */
    lag: backlog?.partitions.reduce((sum, { lag }) => sum + lag, 0n),
    partitions: backlog?.partitions ?? [],
    gaps,
    rows,
    /** Records in the topic of refused updates. */
    rejected: backlog?.rejected,
    /** Refused updates that Kafka has deleted from it: it is bounded. */
    rejectedDeleted: backlog && deletedUpdates(backlog.rejectedFrom),
    /** Records in the dead-letter topic. */
    deadLetters: backlog?.deadLetters,
    /** Of these two, what is neither replayed nor discarded. */
    openRejected: open?.rejected,
    openDeadLetters: open?.deadLetters,
    /** The producer's last checkpoint; undefined when none ever wrote one. */
    producer: backlog?.producer,
    /** Up to where the table is complete. */
    freshness: backlog && freshnessOf(stream, backlog, known),
    /** Whether a partitioned table has a place for what comes. */
    tablePartitions,
    /** Who looks after the stream (`connect watch`); undefined when nobody ever did. */
    watch: backlog?.watch,
    unanswered: unanswered.sort((a, b) => (a.message < b.message ? -1 : 1)),
  };
}

async function partitionsOf(
  database: PostgresConnection,
  stream: StreamDefinition,
): Promise<PartitionHealth | undefined> {
  if (!isPartitioned(stream)) return undefined;
  return withPostgres(database, (client) => readPartitionHealth(client, stream, new Date()));
}

const knownFreshness = (database: PostgresConnection, stream: string): Promise<Freshness | undefined> =>
  withPostgres(database, async (client) => (await readFreshness(client, [stream])).get(stream)).catch(() => undefined);

function freshnessOf(
  stream: StreamDefinition,
  { partitions, gaps, history, accepted }: Awaited<ReturnType<typeof readBacklog>> & StreamState & SeenGaps,
  known: Freshness | undefined,
) {
  const hasOpenGap = openGaps(gaps, accepted).length > 0;
  const kind = positionKindOf(stream);
  const { ends: _ends, ...found } = judgeFreshness({ kind, ...history, committed: partitions, hasOpenGap, known });
  const { completeAt } = found;
  const behindSeconds = completeAt === undefined ? undefined : Math.max(0, Date.now() - Date.parse(completeAt)) / 1_000;
  return { ...found, behindSeconds };
}

async function readConnector(host: StatusSources['host'], stream: StreamDefinition) {
  const sink = await host.observe(stream.sink.name);
  if (sink === undefined) return { state: 'MISSING', tasks: [], notes: [] };
  return {
    state: sink.state,
    notes: sink.notes,
    failure: failureLine(sink.trace, stream),
    tasks: sink.tasks.map(({ id, state, worker, trace }) => ({
      id,
      state,
      worker,
      failure: failureLine(trace, stream),
    })),
  };
}

function failureLine(trace: string | undefined, stream: StreamDefinition): FailureLine | undefined {
  if (trace === undefined) return undefined;
  const { suspects, ...failure } = explainTrace(trace, stream);
  return { ...failure, record: formatSuspects(suspects) };
}
