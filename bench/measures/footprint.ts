import type { Measure, Result } from '../bench.ts';
import { residentMb } from '../memory.ts';

/** What the local stack takes, at the end of everything else: its parts have grown to what they need by then. */
export const footprintMeasure: Measure = {
  name: 'footprint',
  run: ({ stack }) => {
    const memory = residentMb(stack);
    const seconds = stack.coldStartMs / 1_000;
    const result: Result = {
      name: 'footprint',
      title: 'Memory of each part, and cold start',
      method: `Resident memory after all other measurements. From nothing on disk to a stack that works, downloads aside: ${seconds.toFixed(1)} s.`,
      table: { header: ['part', 'MB'], rows: Object.entries(memory).map(([name, mb]) => [name, String(mb)]) },
      plot: {
        kind: 'bars',
        title: 'Resident memory, MB',
        unit: 'MB',
        bars: Object.entries(memory).map(([name, value]) => ({ name, value })),
      },
      figures: {
        cold_start_s: seconds,
        ...Object.fromEntries(Object.entries(memory).map(([name, mb]) => [`${name}_rss_mb`, mb])),
      },
    };
    return Promise.resolve([result]);
  },
};
