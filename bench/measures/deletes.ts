import { setTimeout as sleep } from 'node:timers/promises';
import { type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import { pruneHistory } from '../../operate/prune-history.ts';
import { createStatements } from '../../operate/sink-statements.ts';
import type { Bench, Measure, Result } from '../bench.ts';
import { requireExactRollup } from '../exact-rollup.ts';
import { DAYS, EVERY_MS, fillHistory, POSITIONS, rowsPerDay, TASKS, UPDATES, writeUpdates } from '../old-history.ts';
import { shortNumber } from '../report/plot.ts';
import { msText } from '../report/text.ts';

/** All but the last week is deleted. */
const DELETED_DAYS = 23;
const KEPT_FROM = '2026-01-24';
const BATCH = 10_000;

/** The writers go on for so long before and after a DELETE. */
const QUIET_SECONDS = 5;

/** The command, beside what somebody would run by hand. */
const COMMAND = 'connect prune';

/** What a user would run by hand to delete old history. */
const DELETIONS: Readonly<Record<string, string>> = {
  'one statement': `DELETE FROM positions WHERE block_time < '${KEPT_FROM}'`,
  batches: `DO $$
    DECLARE
      kept_from CONSTANT TIMESTAMP := '${KEPT_FROM}';
      done BIGINT;
      highest BIGINT;
    BEGIN
      SELECT min(id) - 1, max(id) INTO done, highest FROM positions WHERE block_time < kept_from;
      WHILE done < highest LOOP
        DELETE FROM positions WHERE id > done AND id <= done + ${BATCH} AND block_time < kept_from;
        COMMIT;
        done := done + ${BATCH};
      END LOOP;
    END $$`,
};

/** What one way to delete cost those who wrote meanwhile. */
interface Cost {
  readonly name: string;
  readonly deleted: number;
  readonly seconds: number;
  /** From the begin of each transaction of a writer to the answer to its commit, in milliseconds, ascending. */
  readonly commits: readonly number[];
}

/** How long a sink waits for a commit while old history is deleted beside it. */
export const deletesMeasure: Measure = {
  name: 'deletes',
  async run(bench) {
    const { databases, sizes, note, signal } = bench;
    note(`deletes: making a history of ${shortNumber(sizes.deletedHistory)} rows`);
    await fillHistory(await databases.fresh('history', 'ours'), sizes.deletedHistory);
    const costs: Cost[] = [];
    for (const name of ['nothing', ...Object.keys(DELETIONS), COMMAND]) {
      signal.throwIfAborted();
      const database = await databases.fresh('run', { copyOf: 'history' });
      const cost = await measure(bench, name, database);
      costs.push(cost);
      await requireExactRollup(database);
      note(
        `deletes: ${name}: ${shortNumber(cost.deleted)} rows in ${cost.seconds.toFixed(1)} s, longest commit ${msText(longest(cost))} ms`,
      );
    }
    await databases.drop('run');
    await databases.drop('history');
    return [report(sizes.deletedHistory, costs)];
  },
};

/** Deletes while the writers write, and tells what they had to wait for. */
async function measure(
  { stack: { stream, schema }, signal, sizes }: Bench,
  name: string,
  database: PostgresConnection,
): Promise<Cost> {
  const statementOf = createStatements(stream, schema);
  const stop = new AbortController();
  const writers = Array.from({ length: TASKS }, (_, task) =>
    withPostgres(database, (client) =>
      writeUpdates(client, { task, after: sizes.deletedHistory, statementOf, signal: stop.signal }),
    ),
  );
  const pause = (length: number) => sleep(length * 1_000, undefined, { signal });
  const quiet = Math.min(QUIET_SECONDS, sizes.undisturbedSeconds);
  let seconds = 0;
  try {
    await pause(quiet);
    const began = performance.now();
    const sql = DELETIONS[name];
    await withPostgres(database, async (client) => {
      if (sql !== undefined) await client.query(sql);
      else if (name === COMMAND) await pruneHistory({ stream, schema, client, before: KEPT_FROM, signal });
      else await pause(sizes.undisturbedSeconds);
    });
    seconds = (performance.now() - began) / 1_000;
    await pause(quiet);
  } finally {
    stop.abort();
  }
  const commits = (await Promise.all(writers)).flat().sort((a, b) => a - b);
  const deleted = name in DELETIONS || name === COMMAND ? rowsPerDay(sizes.deletedHistory) * DELETED_DAYS : 0;
  return { name, deleted, seconds, commits };
}

const longest = ({ commits }: Cost): number => commits.at(-1) ?? Number.NaN;
const quantile = ({ commits }: Cost, share: number): number =>
  commits[Math.floor(share * (commits.length - 1))] ?? Number.NaN;

function report(rows: number, costs: readonly Cost[]): Result {
  const alone = longest(costs[0] as Cost);
  return {
    name: 'deletes',
    title: 'Deleting old history beside a sink',
    method: `Of ${shortNumber(rows)} rows of ${shortNumber(POSITIONS)} positions in ${DAYS} days, all but the last week is deleted: by hand in one statement or in batches of ${shortNumber(BATCH)}, which takes its days out of the rollup too, or by connect prune, which leaves them. Meanwhile two writers commit ${UPDATES} updates every ${EVERY_MS} ms each, by the sink’s upsert. The time of a commit is that of its whole transaction. Each way starts from a copy of the same database. Afterwards the rollup was what the history gives.`,
    table: {
      header: ['beside', 'rows deleted', 'seconds', 'commits', 'p50 ms', 'p99 ms', 'longest ms', '÷ without'],
      rows: costs.map((cost) => [
        cost.name,
        shortNumber(cost.deleted),
        cost.seconds.toFixed(1),
        String(cost.commits.length),
        msText(quantile(cost, 0.5)),
        msText(quantile(cost, 0.99)),
        msText(longest(cost)),
        cost.deleted === 0 ? '' : (longest(cost) / alone).toFixed(1),
      ]),
    },
    plot: {
      kind: 'bars',
      title: 'Longest commit while old history is deleted',
      unit: 'ms',
      bars: costs.map((cost) => ({ name: cost.name, value: longest(cost) })),
    },
    figures: Object.fromEntries(
      costs.flatMap((cost) => {
        const name = cost.name.replaceAll(' ', '_');
        return [
          [`delete_longest_commit_ms_${name}`, longest(cost)],
          [`delete_seconds_${name}`, cost.seconds],
        ];
      }),
    ),
  };
}
