import { type RebuildReport, rebuildFold } from '../operate/rebuild-fold.ts';
import { databaseConnection } from '../pipeline/connections.ts';
import { selectEnvironment, selectStreams } from '../pipeline/load.ts';
import type { CliContext } from './context.ts';
import type { StreamFlags } from './flags.ts';
import { count } from './format.ts';

const NOTE_EVERY_MS = 2_000;

/** Rebuilds the folds of the chosen streams, one after the other. */
export async function rebuildStreams(context: CliContext, { env, only, output }: StreamFlags): Promise<void> {
  const project = await context.loadProject();
  const environment = selectEnvironment(project, env);
  const database = databaseConnection(environment, context.secrets(project));
  const reports: RebuildReport[] = [];
  for (const stream of selectStreams(project, only)) {
    const { fold } = stream.table;
    if (fold === undefined) {
      context.note(`- ${stream.name}   nothing is derived from ${stream.table.name}`);
      continue;
    }
    let noted = Date.now();
    const report = await rebuildFold({
      stream,
      fold,
      database,
      signal: context.signal,
      onProgress: ({ identities, wrong }) => {
        if (Date.now() - noted < NOTE_EVERY_MS) return;
        noted = Date.now();
        context.note(`  ${stream.name}   ${count(identities)} identities, ${count(wrong)} rows were wrong`);
      },
    });
    reports.push(report);
    if (output === 'text') context.print(rebuildLine(report));
  }
  if (output === 'json') context.json({ environment: environment.name, streams: reports });
}

const rebuildLine = (report: RebuildReport): string =>
  `✓ ${report.stream}   ${report.fold}: ${count(report.identities)} identities, ${count(report.wrong)} rows were wrong and are ` +
  `right now; ${(report.ms / 1000).toFixed(1)} s, no lock longer than ${report.longestMs} ms`;
