import { withPostgres } from '../core/postgres.ts';
import { type RebuildProgress, type RebuildReport, rebuildRollup } from '../operate/rebuild-rollup.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { Session } from './session.ts';

export type { RebuildReport };

export type RebuildEvent =
  /** Nothing is derived from the stream's table. */
  | { readonly kind: 'nothing derived'; readonly stream: StreamDefinition }
  | ({ readonly kind: 'progress'; readonly stream: StreamDefinition } & RebuildProgress)
  | { readonly kind: 'rebuilt'; readonly report: RebuildReport };

/** Recreates the rollups of the selected streams from their history, one after the other. */
export async function rebuild(session: Session, onEvent: (event: RebuildEvent) => void): Promise<RebuildReport[]> {
  const { database, signal } = session;
  const reports: RebuildReport[] = [];
  for (const stream of session.streams) {
    const { fold: rollup } = stream.table;
    if (rollup === undefined) {
      onEvent({ kind: 'nothing derived', stream });
      continue;
    }
    const onProgress = (progress: RebuildProgress) => onEvent({ kind: 'progress', stream, ...progress });
    const report = await withPostgres(database, (client) =>
      rebuildRollup({ stream, rollup, client, signal, onProgress }),
    );
    onEvent({ kind: 'rebuilt', report });
    reports.push(report);
  }
  return reports;
}
