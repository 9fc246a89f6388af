import { ConnectError } from '../core/errors.ts';

/** Avro's own types that a field may have. */
const PLAIN_KINDS = ['string', 'int', 'long', 'boolean', 'double', 'bytes'] as const;

/** Logical types and the type beneath each. The converter knows no microseconds: there the name says what Debezium's sink makes of them. */
const LOGICAL_KINDS = {
  'timestamp-millis': { base: 'long', connectName: undefined },
  'timestamp-micros': { base: 'long', connectName: 'io.debezium.time.MicroTimestamp' },
  'time-millis': { base: 'int', connectName: undefined },
  'time-micros': { base: 'long', connectName: 'io.debezium.time.MicroTime' },
  date: { base: 'int', connectName: undefined },
  uuid: { base: 'string', connectName: undefined },
} as const;

/** A string so named is a JSON document, for a column jsonb. */
const JSON_NAME = 'io.debezium.data.Json';
/** What an array may hold: what the sink writes exactly. */
const ITEM_KINDS: readonly string[] = ['string', 'int', 'long', 'boolean', 'uuid', 'enum'];

export type AvroFieldKind =
  | (typeof PLAIN_KINDS)[number]
  | keyof typeof LOGICAL_KINDS
  | 'decimal'
  | 'json'
  | 'enum'
  | 'array';

/** One field of a stream's record, flat: its kind, whether it may be null, and the limits the producer enforces. */
export interface AvroField {
  readonly name: string;
  readonly kind: AvroFieldKind;
  readonly nullable: boolean;
  /** Decimals only. */
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  /** Strings only, in characters (code points, as PostgreSQL counts). */
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  /** The only words a string may be; the symbols of an enum. */
  readonly allowed?: readonly string[] | undefined;
  /** Arrays only: one element. */
  readonly items?: AvroField | undefined;
  /** Timestamps only: the column is a timestamptz, which holds the same instant. */
  readonly zone?: 'UTC' | undefined;
  /** Ints and longs, and decimals that a simulated feed sends as whole numbers; both included. */
  readonly minimum?: bigint | undefined;
  readonly maximum?: bigint | undefined;
  readonly doc?: string | undefined;
}

type Shape = Pick<AvroField, 'kind' | 'precision' | 'scale' | 'allowed' | 'items'>;

/** What a field's type is here. Errors: INVALID_DEFINITION with the way out for a type that does not reach a column exactly. */
export function kindOf(type: unknown, where: string): Shape {
  const own = isObject(type) ? type : {};
  const base = isObject(type) ? type.type : type;
  const { logicalType: logical, 'connect.name': connectName } = own;
  if (logical === undefined && base === 'string' && connectName === JSON_NAME) return { kind: 'json' };
  if (base === 'enum' && logical === undefined) return enumOf(own, where);
  if (base === 'array' && logical === undefined) return arrayOf(own.items, where);
  const shape =
    logical === undefined
      ? PLAIN_KINDS.find((plain) => plain === base)
      : logicalKind(String(logical), base, own, where);
  const wanted = isLogical(logical) ? LOGICAL_KINDS[logical].connectName : undefined;
  if (connectName !== wanted) {
    if (wanted === undefined)
      throw invalid(
        where,
        `has the connect.name ${String(connectName)}, by which the sink may write other values: remove it`,
      );
    throw invalid(
      where,
      `has ${String(logical)}: the sink writes it only with "connect.name": "${wanted}" in its type`,
    );
  }
  if (typeof shape === 'object') return shape;
  if (shape !== undefined) return { kind: shape };
  throw invalid(where, `has the type ${JSON.stringify(base)}: ${WHY_NOT[String(base)] ?? 'no type of Avro'}`);
}

const isLogical = (logical: unknown): logical is keyof typeof LOGICAL_KINDS =>
  typeof logical === 'string' && Object.hasOwn(LOGICAL_KINDS, logical);

function logicalKind(logical: string, base: unknown, own: Record<string, unknown>, where: string): Shape {
  if (logical === 'decimal' && base === 'bytes') {
    const { precision, scale = 0 } = own;
    if (!isCount(precision) || !isCount(scale) || scale > precision || precision === 0) {
      throw invalid(where, 'has a decimal without a valid precision and scale');
    }
    return { kind: 'decimal', precision, scale };
  }
  if (isLogical(logical) && LOGICAL_KINDS[logical].base === base) return { kind: logical };
  const reason = WHY_NOT_LOGICAL[`${logical} on ${base}`] ?? WHY_NOT_LOGICAL[logical] ?? 'not supported';
  throw invalid(where, `has the logical type ${logical} on ${String(base)}: ${reason}`);
}

function enumOf({ symbols }: Record<string, unknown>, where: string): Shape {
  if (!Array.isArray(symbols) || symbols.length === 0 || !symbols.every((symbol) => typeof symbol === 'string')) {
    throw invalid(where, 'has an enum without symbols');
  }
  return { kind: 'enum', allowed: symbols };
}

function arrayOf(items: unknown, where: string): Shape {
  const { type, nullable } = unwrapNullable(items, `${where}: its elements`);
  const shape = kindOf(type, `${where}: its elements`);
  if (!ITEM_KINDS.includes(shape.kind)) {
    throw invalid(
      where,
      `is an array of ${shape.kind}: the sink changes or refuses its elements; use an array of strings for text[], or JSON for jsonb`,
    );
  }
  return { kind: 'array', items: { name: 'element', nullable, ...shape } };
}

/** The type within a union of null and it. */
export function unwrapNullable(type: unknown, where: string): { type: unknown; nullable: boolean } {
  if (!Array.isArray(type)) return { type, nullable: false };
  const others = type.filter((branch) => branch !== 'null');
  if (type.length !== 2 || others.length !== 1) throw invalid(where, 'is a union other than null and one type');
  return { type: others[0], nullable: true };
}

/** Why a type of Avro's own is no field's. */
const WHY_NOT: Readonly<Record<string, string>> = {
  float: 'a float changes values; use double, or decimal for amounts',
  fixed: 'use bytes',
  record: "a table's row is flat; send it as JSON in a string for jsonb",
  map: "a table's row is flat; send it as JSON in a string for jsonb",
  null: 'it has no value',
};

/** The same of a logical type. */
const WHY_NOT_LOGICAL: Readonly<Record<string, string>> = {
  'decimal on fixed': 'the converter fails on it; use bytes',
  'timestamp-nanos': 'PostgreSQL keeps microseconds; use timestamp-micros, or long for a bigint',
  'local-timestamp-millis': 'the sink writes the number, not a time; use timestamp-millis, which is UTC',
  'local-timestamp-micros': 'the sink writes the number, not a time; use timestamp-micros, which is UTC',
};

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export const invalid = (where: string, problem: string): ConnectError =>
  new ConnectError('INVALID_DEFINITION', `Avro schema ${where} ${problem}`);
