import type { AvroSchema } from '../schemas/avro-schema.ts';
import type { CanonicalRow } from './canonical.ts';
import type { KeptRange } from './kept-range.ts';
import type { StreamSource } from './read-records.ts';
import type { TableReader } from './table-reader.ts';

/** What is compared with the table, and where the differences go. */
export interface TableCheck extends StreamSource {
  /** The fields that the sink writes, without those that say something about a delivery. */
  readonly schema: AvroSchema;
  readonly table: TableReader;
  /** What is older is not compared. Default: all of the history is kept. */
  readonly kept?: KeptRange | undefined;
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
  /** Holds no value of a row. */
  readonly message: string;
  /** What differs, or which rows, in values. */
  readonly values?: string | undefined;
}

/** A difference as it is shown: without key and values, or with the values in its message. */
export function shownDifference({ key, message, values, ...difference }: Difference, showValues: boolean): Difference {
  if (!showValues) return { ...difference, message };
  return { ...difference, key, message: values === undefined ? message : `${message}: ${values}` };
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
