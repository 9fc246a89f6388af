import type { RebuildEvent } from '../../app/rebuild.ts';
import type { CliContext } from '../context.ts';
import { count } from '../format.ts';

const NOTE_EVERY_MS = 2_000;

/** Notes how far a rebuild is now and then; as text, prints a line for each table that is done. */
export function rebuildReporter(context: CliContext): (event: RebuildEvent) => void {
  let notedAt = Date.now();
  return (event) => {
    if (event.kind === 'nothing derived') {
      context.note(`- ${event.stream.name}   nothing is derived from ${event.stream.table.name}`);
      notedAt = Date.now();
    } else if (event.kind === 'progress') {
      if (Date.now() - notedAt < NOTE_EVERY_MS) return;
      notedAt = Date.now();
      context.note(
        `  ${event.stream.name}   ${count(event.identities)} identities, ${count(event.wrong)} rows were wrong`,
      );
    } else {
      const { stream, fold, identities, wrong, ms, longestMs } = event.report;
      context.printText([
        `✓ ${stream}   ${fold}: ${count(identities)} identities, ${count(wrong)} rows were wrong and are ` +
          `right now; ${(ms / 1000).toFixed(1)} s, no lock longer than ${longestMs} ms`,
      ]);
    }
  };
}
