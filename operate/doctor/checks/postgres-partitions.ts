import { withPostgres } from '../../../core/postgres.ts';
import { healthTexts, readPartitionHealth } from '../../partitions/read-health.ts';
import { isPartitioned } from '../../partitions/read-partitions.ts';
import { type Check, ok, perStream, warning } from '../check.ts';

/** A partitioned table has its partitions of now and next, and nothing in the default one. */
export const postgresPartitions: Check<'streams' | 'database'> = {
  name: 'postgres.partitions',
  needs: ['postgres'],
  run: perStream(async (stream, { database }) => {
    if (!isPartitioned(stream)) return [];
    const { name } = stream.table;
    const health = await withPostgres(database, (client) => readPartitionHealth(client, stream, new Date()));
    const texts = healthTexts(health);
    const remedy = 'run `connect partitions apply`, or let `connect watch --partitions` do it';
    if (texts.length > 0) return [warning(name, texts.join('; '), remedy)];
    if (health.hasStrayRows === undefined) {
      const message = 'this login may not read the default partition';
      return [warning(name, message, `GRANT SELECT ON ${name}_default to the group of its readers`)];
    }
    return [ok(name, 'it has its partitions of now and next, and none of its rows lacks one')];
  }),
};
