import type { FailedPart } from './failure.ts';

/** How long something about a sink may take, and who hears of it. */
export interface Wait {
  /** Bound of one wait. */
  readonly timeoutMs: number;
  /** How long connector and tasks must stay RUNNING: a task fails on its first records, not at its start. Default 6000. */
  readonly settleMs?: number | undefined;
  /** Pause between two looks. Default: what the host can bear. */
  readonly pollMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: SinkEvent) => void) | undefined;
}

export type DeployOutcome = 'created' | 'updated' | 'replaced' | 'unchanged';

/** What is reported of a sink while something goes on. */
export type SinkEvent =
  | { readonly kind: 'applied' | 'rolling back'; readonly outcome: DeployOutcome }
  | { readonly kind: 'waiting'; readonly running: number; readonly expected: number }
  | {
      readonly kind: 'restarting';
      readonly attempt: number;
      /** Undefined: until the time is up. */
      readonly of: number | undefined;
      readonly failures: readonly FailedPart[];
    }
  /** What the host is at, in its own words. */
  | { readonly kind: 'note'; readonly text: string };

/** The other tasks hear of a new one at their next heartbeat, 3 s later at most; only then it gets partitions and records. */
export const SETTLE_MS = 6_000;
