import type { Databases } from './databases.ts';
import type { Plot } from './report/plot.ts';
import type { BenchStack } from './stack.ts';

/** How large and how long everything is measured. */
export interface Sizes {
  /** Rows a writer moves in one round. */
  readonly rows: number;
  readonly rounds: number;
  /** Messages for the peers that handle one at a time. */
  readonly singles: number;
  /** Updates that a producer publishes in one round. */
  readonly updates: number;
  /** Histories that the views are read from. */
  readonly histories: readonly number[];
  /** A history of which most is deleted. */
  readonly deletedHistory: number;
  /** How long its writers are measured alone. */
  readonly undisturbedSeconds: number;
  readonly latencySeconds: number;
  /** What comes before at the same rate and is left out: connections are made and code is compiled then. */
  readonly latencyWarmUpSeconds: number;
  readonly latencyRates: readonly number[];
  /** How long a watch at rest is measured. */
  readonly watchSeconds: number;
}

export const FULL: Sizes = {
  rows: 200_000,
  rounds: 5,
  singles: 5_000,
  updates: 300_000,
  histories: [100_000, 1_000_000, 10_000_000],
  deletedHistory: 2_000_000,
  undisturbedSeconds: 60,
  latencySeconds: 20,
  latencyWarmUpSeconds: 30,
  latencyRates: [100, 1_000, 5_000],
  watchSeconds: 120,
};

export const QUICK: Sizes = {
  rows: 20_000,
  rounds: 1,
  singles: 500,
  updates: 30_000,
  histories: [10_000, 50_000],
  deletedHistory: 60_000,
  undisturbedSeconds: 1,
  latencySeconds: 3,
  latencyWarmUpSeconds: 3,
  latencyRates: [1_000],
  watchSeconds: 10,
};

/** What every measure works with. */
export interface Bench {
  readonly stack: BenchStack;
  readonly databases: Databases;
  readonly sizes: Sizes;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What one measure found. */
export interface Result {
  /** Names its plot: `sink-throughput`. */
  readonly name: string;
  readonly title: string;
  /** How it was measured, and what to know when reading it. Markdown. */
  readonly method: string;
  readonly table: { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] };
  readonly plot: Plot;
  /** Flat figures for `latest.json`. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface Measure {
  readonly name: string;
  run(bench: Bench): Promise<readonly Result[]>;
}
