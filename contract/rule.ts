import type { Place, Severity } from '../pipeline/finding.ts';
import type { Relation } from './catalog.ts';
import { type Contract, type MatchedColumn, matchedColumns } from './contract.ts';
import type { RenderedSink } from './rendered-sink.ts';

/** One disagreement: a finding before one of its places is chosen. */
export interface Violation {
  /** What it is about: `positions.size`, `positions-sink.batch.size`. */
  readonly path: string;
  /** The spots that disagree, the one to change most likely first. */
  readonly places: readonly [Place, ...Place[]];
  /** Both sides and what must hold between them. */
  readonly message: string;
  readonly remedy: string;
  /** `note` when the contract allows it and the reader should know. Default: error. */
  readonly severity?: Severity | undefined;
}

/** A violation and the id of the rule it breaks. */
export interface BrokenRule extends Violation {
  readonly rule: string;
}

/** What the documents say of a rule. */
export interface RuleText {
  /** UPPER_SNAKE, stable: people search for it and CI systems remember it. */
  readonly id: string;
  /** What must hold, one sentence. */
  readonly what: string;
  /** What happens at run time if it does not, one sentence. */
  readonly why: string;
}

/** One thing that must hold between the layers: a pure function over a loaded contract. */
export interface Rule extends RuleText {
  check(contract: Contract): Iterable<Violation>;
}

/** A rule about the sink's configuration, in each environment. */
export const sinkRule = ({
  check,
  ...text
}: RuleText & { check(sink: RenderedSink, contract: Contract): Iterable<Violation> }): Rule => ({
  ...text,
  *check(contract) {
    for (const sink of contract.sinks) yield* check(sink, contract);
  },
});

/** A rule about the table that the migrations make. */
export const tableRule = ({
  check,
  ...text
}: RuleText & { check(table: Relation, contract: Contract): Iterable<Violation> }): Rule => ({
  ...text,
  *check(contract) {
    if (contract.table !== undefined) yield* check(contract.table, contract);
  },
});

/** What is wrong between a field and the column of its name: at which attribute of the field, and what to do. */
export interface Mismatch {
  readonly attribute: string;
  readonly message: string;
  readonly remedy: string;
}

/** A rule about each field and the column of its name. */
export const columnRule = ({
  check,
  ...text
}: RuleText & { check(matched: MatchedColumn): Mismatch | undefined }): Rule => ({
  ...text,
  *check(contract) {
    for (const matched of matchedColumns(contract)) {
      const mismatch = check(matched);
      if (mismatch === undefined) continue;
      const { attribute, ...words } = mismatch;
      yield { path: matched.path, places: [matched.field.placeOf(attribute), matched.place], ...words };
    }
  },
});
