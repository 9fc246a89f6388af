import { positionsIn } from '../../../connectors/sink-group.ts';
import { ifFound } from '../../../core/errors.ts';
import { isLoopback } from '../../../core/loopback.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { readBacklog } from '../../backlog.ts';
import { quoteIdentifier } from '../../canonical.ts';
import { type Check, type Diagnosis, ok, perStream, warning } from '../check.ts';
import type { Probes } from '../probes.ts';

/** Records: a sink reads so many in about ten seconds. */
const LAG_LIMIT = 100_000n;
/** A producer writes a checkpoint every half second while its feed goes on. */
const CHECKPOINT_LIMIT_S = 300;
const NEWEST_ROW_LIMIT_S = 900;

/** The sink is less than 100,000 records behind its topic, and its offsets are of this topic. */
export const sinksLag: Check<'streams' | 'kafka'> = {
  name: 'sinks.lag',
  needs: ['kafka'],
  run: perStream(async (stream, { kafka }) => {
    const { name } = stream.sink;
    const positions = await positionsIn(await kafka(), stream);
    if (positions === undefined) return [];
    const anew = positions.filter(({ committed, end }) => committed !== undefined && committed > end);
    const lag = positions.reduce((sum, one) => sum + one.lag, 0n);
    const remedy = 'look at `connect status --watch`: does the sink run, and does the lag fall?';
    return [
      lag < LAG_LIMIT ? ok(name, `lag ${lag}`) : warning(name, `lag ${lag}: rows come late`, remedy),
      ...anew.map(({ partition, committed, end }) =>
        warning(
          name,
          `committed offset ${committed} of partition ${partition} is beyond the end of ${stream.topic.name} (${end}): the topic was created anew`,
          'docs/operations.md, "The topic was created anew", has the steps',
        ),
      ),
    ];
  }),
};

/** Every refused update and every dead-letter record is replayed or discarded. */
export const recordsAside: Check<'streams' | 'kafka' | 'openRecords'> = {
  name: 'records.aside',
  needs: ['kafka'],
  run: perStream(async (stream, { kafka, openRecords }) => {
    const { rejected, deadLetters } = await openRecords(stream, await readBacklog(await kafka(), stream));
    const kinds = [
      [rejected, 'refused updates', 'rejected'],
      [deadLetters, 'dead-letter records', 'dlq'],
    ] as const;
    const open = kinds.filter(([count]) => count > 0n);
    if (open.length === 0) return ok(stream.name, 'no open refused updates, no open dead-letter records');
    return open.map(([count, what, command]) => {
      const remedy = `look at \`connect ${command} list\`, then replay or discard them`;
      return warning(stream.name, `${count} ${what} are open`, remedy);
    });
  }),
};

/** The producer wrote its last checkpoint within five minutes. A simulated feed need not run. */
export const producerCheckpoint: Check<'streams' | 'environment' | 'checkpoint'> = {
  name: 'producer.checkpoint',
  needs: ['kafka'],
  run: perStream(async (stream, { environment, checkpoint }) => {
    // Whoever else writes the topic writes no checkpoint.
    if (stream.feed === undefined && stream.adapter === undefined) return [];
    const last = await ifFound(checkpoint(stream));
    const remedy = 'is `connect produce` running, and does its feed go on?';
    if (last === undefined) return judge(environment, stream.name, 'no producer has written a checkpoint', remedy);
    const at = Date.parse(last.at ?? '');
    if (Number.isNaN(at)) return [];
    const age = (Date.now() - at) / 1000;
    const message = `last checkpoint ${ageText(age)} ago${last.slot === undefined ? '' : `, at slot ${last.slot}`}`;
    return age < CHECKPOINT_LIMIT_S ? ok(stream.name, message) : judge(environment, stream.name, message, remedy);
  }),
};

/** The newest row was written within 15 minutes. */
export const newestRow: Check<'streams' | 'environment' | 'query'> = {
  name: 'table.newest-row',
  needs: ['postgres'],
  run: perStream(async (stream, { environment, query }) => {
    const { name } = stream.table;
    if (!(await hasColumns(stream, query))) return [];
    // The highest id was given last; an index has it.
    const [newest] = await query<{ age: string }>(
      `SELECT extract(epoch FROM now() - created_at)::text AS age FROM ${quoteIdentifier(name)} ORDER BY id DESC LIMIT 1`,
    );
    const remedy = 'follow the way of an update: `connect status`, then the checkpoint and the feed';
    if (newest === undefined) return judge(environment, name, 'no rows yet', remedy);
    const age = Number(newest.age);
    const message = `newest row ${ageText(age)} old`;
    return age < NEWEST_ROW_LIMIT_S ? ok(name, message) : judge(environment, name, message, remedy);
  }),
};

/** Whether a table is there and says when a row was written; tables of one's own need not. */
async function hasColumns({ table }: StreamDefinition, query: Probes['query']): Promise<boolean> {
  const relation = quoteIdentifier(table.name).replaceAll("'", "''");
  const [row] = await query<{ count: string }>(
    `SELECT count(*)::text AS count FROM pg_attribute
      WHERE attrelid = to_regclass('${relation}') AND attname IN ('id', 'created_at') AND NOT attisdropped`,
  );
  return row?.count === '2';
}

/** Nobody has to run the simulator of a stack on this machine. */
const judge = ({ feed }: Probes['environment'], subject: string, message: string, remedy: string): Diagnosis =>
  isLoopback(feed.address) ? ok(subject, message) : warning(subject, message, remedy);

const ageText = (seconds: number): string =>
  seconds < 120 ? `${Math.max(0, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
