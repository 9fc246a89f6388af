import type { Admin } from 'kafkajs';
import type { ConnectTarget } from '../connectors/targets/target.ts';
import { explainTrace, formatSuspects } from '../connectors/wait/failure.ts';
import type { Fault } from '../connectors/wait/known-causes.ts';
import { ConnectError } from '../core/errors.ts';
import { type KafkaConnection, withAdmin } from '../core/kafka.ts';
import { type PostgresConnection, withPostgres } from '../core/postgres.ts';
import { deadLetterTopic, rejectedTopic, sinkGroup } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { quoteIdentifier } from './canonical.ts';

/** One stream, looked at once. What could not be asked is undefined and named in `unanswered`. */
export interface StreamStatus {
  readonly stream: string;
  readonly connector: string;
  /** As Kafka Connect says it, or MISSING when it is not deployed. */
  readonly state: string | undefined;
  readonly tasks: readonly TaskLine[];
  /** Why the connector itself FAILED. */
  readonly failure?: FailureLine;
  /** Records of the topic that the sink has not committed yet. */
  readonly lag: bigint | undefined;
  readonly partitions: readonly PartitionLag[];
  readonly rows: RowCount | undefined;
  /** Records in the topic of refused updates. */
  readonly rejected: bigint | undefined;
  /** Records in the dead letter topic. */
  readonly deadLetters: bigint | undefined;
  readonly unanswered: readonly { readonly code: string; readonly message: string; readonly hint?: string }[];
}

export interface TaskLine {
  readonly id: number;
  readonly state: string;
  readonly worker: string;
  readonly failure?: FailureLine;
}

export interface FailureLine {
  readonly cause: string;
  /** topic-partition@offset, or the records it is one of. */
  readonly record?: string;
  readonly hint?: string;
  /** Whose fault a known cause is. */
  readonly fault?: Fault;
}

export interface PartitionLag {
  readonly partition: number;
  /** Next offset the sink reads; undefined when it has committed none. */
  readonly committed: bigint | undefined;
  readonly end: bigint;
  readonly lag: bigint;
}

export interface RowCount {
  readonly count: bigint;
  /** False: the planner's estimate, because counting would read the whole of a large table. */
  readonly exact: boolean;
}

export interface StatusSources {
  readonly stream: StreamDefinition;
  readonly target: ConnectTarget;
  readonly kafka: KafkaConnection;
  readonly database: PostgresConnection;
}

/** Asks Connect, Kafka and PostgreSQL at once; one that does not answer takes nothing from the others. */
export async function observeStream({ stream, target, kafka, database }: StatusSources): Promise<StreamStatus> {
  const unanswered: { code: string; message: string; hint?: string }[] = [];
  const ask = async <T>(question: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await question();
    } catch (error) {
      const { code, message, hint } = ConnectError.from(error);
      unanswered.push({ code, message, ...(hint === undefined ? {} : { hint }) });
      return undefined;
    }
  };
  const [connector, topics, rows] = await Promise.all([
    ask(() => observeConnector(target, stream)),
    ask(() => withAdmin(kafka, 'perps-connect-status', (admin) => observeTopics(admin, stream))),
    ask(() => countRows(database, stream)),
  ]);
  return {
    stream: stream.name,
    connector: stream.sink.name,
    state: connector?.state,
    tasks: connector?.tasks ?? [],
    ...(connector?.failure === undefined ? {} : { failure: connector.failure }),
    lag: topics?.partitions.reduce((sum, { lag }) => sum + lag, 0n),
    partitions: topics?.partitions ?? [],
    rows,
    rejected: topics?.rejected,
    deadLetters: topics?.deadLetters,
    unanswered: unanswered.sort((a, b) => (a.message < b.message ? -1 : 1)),
  };
}

async function observeConnector(
  target: ConnectTarget,
  stream: StreamDefinition,
): Promise<Pick<StreamStatus, 'state' | 'tasks'> & { failure?: FailureLine }> {
  const status = await target.status(stream.sink.name);
  if (status === undefined) return { state: 'MISSING', tasks: [] };
  const failure = ({ trace }: { trace?: string }) =>
    trace === undefined ? {} : { failure: failureLine(trace, stream) };
  return {
    state: status.state,
    ...failure(status),
    tasks: status.tasks.map((task) => ({ id: task.id, state: task.state, worker: task.worker, ...failure(task) })),
  };
}

function failureLine(trace: string, stream: StreamDefinition): FailureLine {
  const { suspects, ...failure } = explainTrace(trace, stream);
  const record = formatSuspects(suspects);
  return { ...failure, ...(record === undefined ? {} : { record }) };
}

async function observeTopics(
  admin: Admin,
  stream: StreamDefinition,
): Promise<{ partitions: PartitionLag[]; rejected: bigint; deadLetters: bigint }> {
  const present = new Set(await admin.listTopics());
  const ends = async (topic: string) => (present.has(topic) ? await admin.fetchTopicOffsets(topic) : []);
  const held = async (topic: string) =>
    (await ends(topic)).reduce((sum, { low, high }) => sum + BigInt(high) - BigInt(low), 0n);
  const [data, rejected, deadLetters] = await Promise.all([
    ends(stream.topic.name),
    held(rejectedTopic(stream)),
    held(deadLetterTopic(stream)),
  ]);
  const committed = data.length === 0 ? new Map<number, bigint>() : await committedOffsets(admin, stream);
  const partitions = data
    .map(({ partition, low, high }) => {
      const position = committed.get(partition);
      // A sink without an offset starts with the oldest record there is.
      const next = position ?? BigInt(low);
      return { partition, committed: position, end: BigInt(high), lag: BigInt(high) - next };
    })
    .sort((a, b) => a.partition - b.partition);
  return { partitions, rejected, deadLetters };
}

async function committedOffsets(admin: Admin, stream: StreamDefinition): Promise<Map<number, bigint>> {
  const topics = [stream.topic.name];
  const [found] = await admin.fetchOffsets({ groupId: sinkGroup(stream), topics });
  const offsets = (found?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)] as const);
  return new Map(offsets.filter(([, offset]) => offset >= 0n));
}

const COUNT_UP_TO = 1_000_000n;

async function countRows(database: PostgresConnection, stream: StreamDefinition): Promise<RowCount> {
  const name = quoteIdentifier(stream.table.name);
  return withPostgres(database, async (client) => {
    const { rows } = await client.query<{ estimate: string | null }>(
      // Partitioned or not; -1 means never analysed.
      `SELECT (SELECT sum(greatest(c.reltuples, 0))::bigint FROM pg_partition_tree(to_regclass($1)) AS t
                 JOIN pg_class AS c ON c.oid = t.relid WHERE t.isleaf) AS estimate
       WHERE to_regclass($1) IS NOT NULL`,
      [name],
    );
    if (rows.length === 0) {
      throw new ConnectError(
        'NOT_FOUND',
        `table ${stream.table.name} does not exist in database ${database.database}`,
        {
          hint: 'run `connect migrate up`',
        },
      );
    }
    const estimate = BigInt(rows[0]?.estimate ?? 0);
    if (estimate > COUNT_UP_TO) return { count: estimate, exact: false };
    const counted = await client.query<{ count: string }>(`SELECT count(*) AS count FROM ${name}`);
    return { count: BigInt(counted.rows[0]?.count ?? 0), exact: true };
  });
}
