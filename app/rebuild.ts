import { type RebuildProgress, type RebuildReport, rebuildFold } from '../operate/rebuild-fold.ts';
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
    const { fold } = stream.table;
    if (fold === undefined) {
      onEvent({ kind: 'nothing derived', stream });
      continue;
    }
    const onProgress = (progress: RebuildProgress) => onEvent({ kind: 'progress', stream, ...progress });
    const report = await rebuildFold({ stream, fold, database, signal, onProgress });
    onEvent({ kind: 'rebuilt', report });
    reports.push(report);
  }
  return reports;
}
