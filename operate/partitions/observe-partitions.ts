import type { PostgresClient } from '../../core/postgres.ts';
import { type PartitionPlan, planPartitions } from './plan-partitions.ts';
import {
  type FoundPartitions,
  type PartitionedStream,
  readPartitions,
  readSizes,
  readStrayRows,
} from './read-partitions.ts';
import { instantText } from './time-range.ts';

/** What is to be done to the partitions of one stream. */
export interface StreamPartitionPlan extends PartitionPlan {
  readonly stream: string;
  /** Schema-qualified. */
  readonly table: string;
  readonly found: FoundPartitions;
}

export interface PlanMoment {
  readonly now: Date;
  /** Partitions are made from the period of this time on. Default: now. */
  readonly since?: Date | undefined;
}

/** Looks at a stream's partitions and plans. Errors: NOT_FOUND, REFUSED, USAGE. */
export async function planOf(
  client: PostgresClient,
  stream: PartitionedStream,
  moment: PlanMoment,
): Promise<StreamPartitionPlan> {
  const { table } = stream;
  const found = await readPartitions(client, stream);
  const stray = await readStrayRows(client, found, table.partition);
  const plan = planPartitions({ table: table.name, partition: table.partition, found, stray, ...moment });
  return { stream: stream.name, table: table.name, found, ...plan };
}

/** A partition as it is listed. */
export interface ListedPartition {
  /** Schema-qualified. */
  readonly name: string;
  /** `default`: for rows that no other takes; `detached`: it has left the table, and is not dropped yet. */
  readonly state: 'attached' | 'default' | 'detached';
  /** ISO, UTC; undefined without a bound. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The planner's estimate; of the default partition they are counted. */
  readonly rows: bigint;
  /** With its indexes. */
  readonly bytes: bigint;
}

/** All partitions of a stream's table by time, the default one, and those that have left. Errors: NOT_FOUND, REFUSED. */
export async function listPartitions(client: PostgresClient, stream: PartitionedStream): Promise<ListedPartition[]> {
  const found = await readPartitions(client, stream);
  const { attached, left, fallback } = found;
  const stray = await readStrayRows(client, found, stream.table.partition);
  const names = [...attached, ...left, ...(fallback === undefined ? [] : [fallback])].map(({ name }) => name);
  const sizes = await readSizes(client, names);
  const bytes = (name: string) => sizes.get(name) ?? 0n;
  const listed = (state: ListedPartition['state']) => (one: (typeof attached)[number]) => ({
    name: one.name,
    state,
    from: instantText(one.from),
    to: instantText(one.to),
    rows: one.rows,
    bytes: bytes(one.name),
  });
  const strayRows = stray.reduce((sum, { rows }) => sum + rows, 0n);
  return [
    ...left.map(listed('detached')),
    ...attached.map(listed('attached')),
    ...(fallback === undefined
      ? []
      : [
          {
            name: fallback.name,
            state: 'default' as const,
            from: undefined,
            to: undefined,
            rows: strayRows,
            bytes: bytes(fallback.name),
          },
        ]),
  ];
}
