import type { AvroValue } from '../../../schemas/avro-schema.ts';

/** A type that reaches its column exactly, and the values that prove it. */
export interface TypeCase {
  /** Of the Avro field and of the column. */
  readonly name: string;
  /** The Avro type, without null. */
  readonly avro: unknown;
  /** Attributes of the Avro field beside its type. */
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly column: string;
  /** Other columns that hold the same values. */
  readonly also?: readonly string[];
  /** How the feed sends it: `optional` is added where it can be. */
  readonly proto: string;
  /** What holds, for the documentation. */
  readonly exact: string;
  /** What the producer refuses, for the documentation. */
  readonly refused: string;
  /** What the feed sends, and the column's text. */
  readonly values: readonly (readonly [sent: unknown, text: string])[];
  /** What another producer may write, and the column's text. */
  readonly written?: readonly (readonly [value: AvroValue, text: string])[];
  /** What the feed sends and the producer must refuse. */
  readonly bad: readonly unknown[];
}

export const decimal = (precision: number, scale: number) => ({
  type: 'bytes',
  logicalType: 'decimal',
  precision,
  scale,
});
export const array = (items: unknown) => ({ type: 'array', items });
/** Of 64 bits. */
export const [LEAST, MOST] = [-(2n ** 63n), 2n ** 63n - 1n];
