import { withPostgres } from '../core/postgres.ts';
import { countOlderRows, type PruneProgress, type PruneReport, pruneHistory } from '../operate/prune-history.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { Session } from './session.ts';

/** What goes of one stream. */
export interface PrunePlan {
  readonly stream: string;
  readonly table: string;
  /** The first UTC day that is kept. */
  readonly keptFrom: string;
  /** Rows that are older. */
  readonly rows: number;
}

export interface PruneVerb {
  /** The first UTC day that is kept: `2026-03-01`. */
  readonly before: string;
  /** Nothing is given up, nothing deleted. */
  readonly dryRun?: boolean | undefined;
  readonly onPlanned: (plans: readonly PrunePlan[]) => void;
  /** Throws when the person does not agree. */
  readonly agree: (plans: readonly PrunePlan[]) => Promise<void>;
  readonly onProgress: (stream: StreamDefinition, progress: PruneProgress) => void;
  readonly onPruned: (report: PruneReport) => void;
}

/** Gives up what is older than a day of the selected streams' histories. Errors: as `pruneHistory`, before anything is deleted. */
export async function prune(session: Session, verb: PruneVerb) {
  const { streams, asMigrator, signal } = session;
  const { before, dryRun = false } = verb;
  return withPostgres(asMigrator, async (client) => {
    const plans: PrunePlan[] = [];
    for (const stream of streams) {
      const rows = await countOlderRows({ stream, schema: session.schema(stream), client, before });
      plans.push({ stream: stream.name, table: stream.table.name, keptFrom: before, rows });
    }
    verb.onPlanned(plans);
    const pruned: PruneReport[] = [];
    if (dryRun) return { plans, pruned };
    await verb.agree(plans);
    for (const stream of streams) {
      const report = await pruneHistory({
        stream,
        schema: session.schema(stream),
        client,
        before,
        signal,
        onProgress: (progress) => verb.onProgress(stream, progress),
      });
      verb.onPruned(report);
      pruned.push(report);
    }
    return { plans, pruned };
  });
}
