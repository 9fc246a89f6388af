import type { AvroSchema } from '../schemas/avro-schema.ts';
import type { CanonicalRow } from './canonical.ts';
import type { ShownGap } from './gaps.ts';
import type { StreamSource } from './read-records.ts';
import type { TableReader } from './table-reader.ts';

/** What is compared with the table, and where the differences go. */
export interface TableCheck extends StreamSource {
  /** The fields that the sink writes, without those that say something about a delivery. */
  readonly schema: AvroSchema;
  readonly table: TableReader;
  readonly differences: DifferenceLog;
}

/** One thing that is not as it must be. */
export interface Difference {
  readonly kind:
    | 'missing'
    | 'unequal'
    | 'replaced'
    | 'lost'
    | 'not-current'
    | 'not-folded'
    | 'unexpected'
    | 'not-refused';
  /** Where the record stands: `positions-3@81244`; undefined when it never reached the topic. */
  readonly record?: string | undefined;
  /** The row's key: column → value. */
  readonly key?: CanonicalRow | undefined;
  readonly message: string;
}

/** What the oracle lists. */
export interface OracleFigures {
  readonly updates: number;
  readonly expectedRows: number;
  readonly expectedRejected: number;
}

/** A hole as JSON can hold it: offsets as text, both included. */
export interface ReportedGap extends Pick<ShownGap, 'partition' | 'state'> {
  readonly from: string;
  readonly to: string;
}

/** What `verify` counted for one stream. A stream is exact when `differences` is 0. */
export interface VerifyReport {
  readonly stream: string;
  readonly records: number;
  /** Records whose row holds another record of the same key: `redelivered` and `replaced` together. */
  readonly superseded: number;
  /** Those whose row holds another delivery of the same update. */
  readonly redelivered: number;
  /** Those whose row holds a later update, which differs. A difference unless the definition says `table.replaces`. */
  readonly replaced: number;
  /** Rows that somebody has corrected, and that differ from their record since. */
  readonly corrected: number;
  readonly rows: number;
  /** Rows whose record is no longer in the topic: older than its retention. */
  readonly rowsBeforeTopic: number;
  readonly missing: number;
  readonly unequal: number;
  readonly unexpected: number;
  readonly notCurrent: number;
  /** Updates that the oracle expects in the rejected topic and that are not there. */
  readonly notRefused: number;
  readonly identities: number;
  /** Rows of the rollup, and identities whose rows in it are not what the history gives. */
  readonly foldRows: number;
  readonly notFolded: number;
  /** Holes in the rows right before the first record that the topic still has. */
  readonly gaps: readonly ReportedGap[];
  /** Distinct refused updates in the rejected topic. */
  readonly rejected: number;
  readonly deadLetters: number;
  /** Records of the two topics that are neither replayed nor discarded. */
  readonly openRejected: number;
  readonly openDeadLetters: number;
  readonly oracle?: OracleFigures | undefined;
  /** All differences found, counted. */
  readonly differences: number;
  /** The first of them, at most `sampleSize`. */
  readonly samples: readonly Difference[];
}

/** Collects differences: counts all, keeps the first few. */
export class DifferenceLog {
  readonly samples: Difference[] = [];
  private readonly counts = new Map<Difference['kind'], number>();
  private readonly sampleSize: number;

  constructor(sampleSize: number) {
    this.sampleSize = sampleSize;
  }

  add(difference: Difference, count = 1): void {
    this.counts.set(difference.kind, this.count(difference.kind) + count);
    if (this.samples.length < this.sampleSize) this.samples.push(difference);
  }

  count(kind: Difference['kind']): number {
    return this.counts.get(kind) ?? 0;
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }
}
