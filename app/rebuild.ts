import { withPostgres } from '../core/postgres.ts';
import { type RebuildProgress, type RebuildReport, rebuildRollup } from '../operate/rebuild-rollup.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { Session } from './session.ts';

/** Hears how far a rebuild is. */
export interface RebuildListener {
  /** Nothing is derived from the stream's table. */
  readonly onNothing: (stream: StreamDefinition) => void;
  readonly onProgress: (stream: StreamDefinition, progress: RebuildProgress) => void;
  readonly onRebuilt: (report: RebuildReport) => void;
}

/** Recreates the rollups of the selected streams from their history, one after the other. */
export async function rebuild(session: Session, listener: RebuildListener): Promise<RebuildReport[]> {
  const { asMigrator, signal } = session;
  const reports: RebuildReport[] = [];
  for (const stream of session.streams) {
    const { fold: rollup } = stream.table;
    if (rollup === undefined) {
      listener.onNothing(stream);
      continue;
    }
    const onProgress = (progress: RebuildProgress) => listener.onProgress(stream, progress);
    const report = await withPostgres(asMigrator, (client) =>
      rebuildRollup({ stream, rollup, client, signal, onProgress }),
    );
    listener.onRebuilt(report);
    reports.push(report);
  }
  return reports;
}
