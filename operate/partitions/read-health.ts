import type { PostgresClient } from '../../core/postgres.ts';
import { judgePartitions, type PartitionHealth } from './plan-partitions.ts';
import { hasStrayRows, type PartitionedStream, readPartitions } from './read-partitions.ts';

/** Whether a stream's table has a place for what comes. Errors: NOT_FOUND, REFUSED when it is not partitioned. */
export async function readPartitionHealth(
  client: PostgresClient,
  stream: PartitionedStream,
  now: Date,
): Promise<PartitionHealth> {
  const found = await readPartitions(client, stream);
  const { name: table, partition } = stream.table;
  return judgePartitions({ table, partition }, found, await hasStrayRows(client, found), now);
}

/** What is wrong, in words; empty when nothing is. */
export function healthTexts({ lacking, hasStrayRows: isStray, hasNoDefault }: PartitionHealth): string[] {
  return [
    ...(isStray === true ? ['the default partition holds rows'] : []),
    ...(lacking.length > 0 ? [`there is no partition ${lacking.join(', ')}`] : []),
    ...(hasNoDefault ? ['there is no default partition: a row without a partition stops the sink'] : []),
  ];
}
