import type { RebuildListener } from '../../app/rebuild.ts';
import type { CliContext } from '../context.ts';
import { count } from '../format.ts';

const NOTE_EVERY_MS = 2_000;

/** Notes how far a rebuild is now and then; as text, prints a line for each table that is done. */
export function rebuildReporter({ note, printText }: CliContext): RebuildListener {
  let notedAt = Date.now();
  const noteNow = (line: string): void => {
    notedAt = Date.now();
    note(line);
  };
  return {
    onNothing: ({ name, table }) => noteNow(`- ${name}   nothing is derived from ${table.name}`),
    onProgress({ name }, { identities, wrong }) {
      if (Date.now() - notedAt < NOTE_EVERY_MS) return;
      noteNow(`  ${name}   ${count(identities)} identities, ${count(wrong)} rows were wrong`);
    },
    onRebuilt: ({ stream, fold, identities, wrong, ms, longestMs }) =>
      printText([
        `✓ ${stream}   ${fold}: ${count(identities)} identities, ${count(wrong)} rows were wrong and are ` +
          `right now; ${(ms / 1000).toFixed(1)} s, no lock longer than ${longestMs} ms`,
      ]),
  };
}
