import { setImmediate } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { from } from 'pg-copy-streams';
import { createPool, type PostgresConnection } from '../../core/postgres.ts';
import { partitionOf } from '../../producer/kafka/partition.ts';
import type { AvroField, AvroRecord, AvroSchema, AvroValue } from '../../schemas/avro-schema.ts';

/** One COPY statement's worth of rows, as PostgreSQL's text format; made before the clock starts. */
export type CopyChunk = Buffer;

export interface CopyOptions {
  readonly rowsPerStatement: number;
  readonly keyField: string;
  readonly partitions: number;
  /** Only the rows of these partitions. Default: all. */
  readonly only?: readonly number[];
}

/** The rows of a workload as COPY takes them, `rowsPerStatement` in each chunk, with the trace columns the sink would add. */
export function* copyChunks(
  schema: AvroSchema,
  records: Iterable<AvroRecord>,
  options: CopyOptions,
): Generator<CopyChunk> {
  const offsets: number[] = [];
  let lines: string[] = [];
  for (const record of records) {
    const partition = partitionOf(Buffer.from(String(record[options.keyField])), options.partitions);
    const offset = offsets[partition] ?? 0;
    offsets[partition] = offset + 1;
    if (options.only !== undefined && !options.only.includes(partition)) continue;
    const values = schema.fields.map((field) => copyText(field, record[field.name] ?? null));
    lines.push(`${values.join('\t')}\t${partition}\t${offset}\n`);
    if (lines.length === options.rowsPerStatement) {
      yield Buffer.from(lines.join(''));
      lines = [];
    }
  }
  if (lines.length > 0) yield Buffer.from(lines.join(''));
}

/** Texts here hold no tab, line break or backslash, so nothing needs an escape. */
function copyText({ kind }: AvroField, value: AvroValue): string {
  if (value === null) return '\\N';
  return kind === 'timestamp-millis' ? (value as Date).toISOString().slice(0, -1) : String(value);
}

/**
 * Copies each lane over a connection of its own, all at once; each statement is a transaction of its own. A position must
 * stay in one lane, as it stays in one partition. Returns the seconds it took.
 */
export async function copyLanes(
  database: PostgresConnection,
  schema: AvroSchema,
  lanes: readonly Iterable<CopyChunk>[],
): Promise<number> {
  const columns = [...schema.fields.map(({ name }) => name), 'kafka_partition', 'kafka_offset'];
  const pool = createPool(database, lanes.length);
  try {
    const clients = await Promise.all(lanes.map(() => pool.connect()));
    const started = performance.now();
    await Promise.all(
      lanes.map(async (lane, at) => {
        const client = clients[at] as (typeof clients)[number];
        let pending: Promise<void> = Promise.resolve();
        for (const chunk of lane) {
          await pending;
          pending = copyOne(client, columns, chunk);
          // The bytes leave before the next chunk is made, so that both go on at once.
          await setImmediate();
        }
        await pending;
        client.release();
      }),
    );
    return (performance.now() - started) / 1_000;
  } finally {
    await pool.end();
  }
}

function copyOne(client: PoolClient, columns: readonly string[], chunk: CopyChunk): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = client.query(from(`COPY positions (${columns.join(', ')}) FROM STDIN`));
    stream.on('finish', resolve);
    stream.on('error', reject);
    stream.end(chunk);
  });
}
