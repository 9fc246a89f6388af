import type { Severity } from '../schemas/compatibility/finding.ts';
import type { Contract } from './contract.ts';
import type { Place } from './place.ts';

/** One disagreement. */
export interface Violation {
  /** What it is about: `positions.size`, `positions-sink.batch.size`. */
  readonly path: string;
  /** The spots that disagree, the one to change most likely first. */
  readonly places: readonly [Place, ...Place[]];
  /** Both sides and what must hold between them. */
  readonly message: string;
  readonly remedy: string;
  /** `note` when the contract allows it and the reader should know. Default: error. */
  readonly severity?: Severity;
}

/** One thing that must hold between the layers: a pure function over a loaded contract. */
export interface Rule {
  /** UPPER_SNAKE, stable: people search for it and CI systems remember it. */
  readonly id: string;
  /** What must hold, one sentence. */
  readonly what: string;
  /** What happens at run time if it does not, one sentence. */
  readonly why: string;
  check(contract: Contract): Iterable<Violation>;
}

/** A violation and the rule it breaks. */
export interface BrokenRule {
  readonly rule: string;
  readonly violation: Violation;
}
