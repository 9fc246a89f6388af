import type { Place, Severity } from '../pipeline/finding.ts';
import type { AllowedKind } from '../pipeline/types.ts';
import { type Contract, fedFields, type MatchedColumn, matchedColumns } from './contract.ts';
import { writtenRelations } from './guards.ts';

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
  /** What the definition's `allow` has to name for this to pass; undefined for what nobody can allow. */
  readonly allowedAs?: Allowed | undefined;
}

/** One thing by the kind and the name that an entry of `allow` has for it. */
export interface Allowed {
  readonly kind: AllowedKind;
  readonly name: string;
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

/** Makes rules about each of some things of a contract. */
const ruleAbout =
  <T>(thingsOf: (contract: Contract) => readonly T[]) =>
  ({ check, ...text }: RuleText & { check(thing: T, contract: Contract): Iterable<Violation> }): Rule => ({
    ...text,
    *check(contract) {
      for (const thing of thingsOf(contract)) yield* check(thing, contract);
    },
  });

/** A rule about the sink's configuration, in each environment. */
export const sinkRule = ruleAbout(({ sinks }) => sinks);
/** A rule about the table that the migrations make. */
export const tableRule = ruleAbout(({ table }) => (table === undefined ? [] : [table]));
/** A rule about each table that a write of the sink touches: the stream's, and those of its rollup. */
export const writtenRelationRule = ruleAbout(({ stream, migrated }) => writtenRelations(stream, migrated.catalog));
/** A rule about each Avro field. */
export const fieldRule = ruleAbout(({ schema }) => schema.fields);
/** A rule about each field of the update and the Avro field that it feeds. */
export const fedFieldRule = ruleAbout(fedFields);
const matchedColumnRule = ruleAbout(matchedColumns);

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
}: RuleText & { check(matched: MatchedColumn, contract: Contract): Mismatch | undefined }): Rule =>
  matchedColumnRule({
    ...text,
    *check(matched, contract) {
      const mismatch = check(matched, contract);
      if (mismatch === undefined) return;
      const { attribute, ...words } = mismatch;
      yield { path: matched.path, places: [matched.field.placeOf(attribute), matched.place], ...words };
    },
  });
