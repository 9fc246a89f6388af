import { ConnectError } from '../core/errors.ts';
import { readLimited } from '../core/read-limited.ts';

/** Avro's own types that a field may have. */
const PLAIN_KINDS = ['string', 'int', 'long', 'boolean', 'double', 'bytes'] as const;
export type AvroFieldKind = (typeof PLAIN_KINDS)[number] | 'decimal' | 'timestamp-millis';

/** A field's value in memory: decimals are canonical text ("-12.500000"), longs are bigints, times are Dates. */
export type AvroValue = string | number | bigint | boolean | Date | Buffer | null;
export type AvroRecord = Record<string, AvroValue>;

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
  /** The only words a string may be. */
  readonly allowed?: readonly string[] | undefined;
  /** Ints and longs only, both included. */
  readonly minimum?: bigint | undefined;
  readonly maximum?: bigint | undefined;
  readonly doc?: string | undefined;
}

/** A stream's Avro schema: as written, and as a list of fields. */
export interface AvroSchema {
  /** The file's text, as it is registered. */
  readonly text: string;
  readonly raw: unknown;
  /** Full name, e.g. `perps.v1.PositionUpdate`. */
  readonly name: string;
  readonly fields: readonly AvroField[];
}

/** Reads an .avsc file. Errors: INVALID_DEFINITION for what is not a flat record of supported types. */
export function loadAvroSchema(path: string): AvroSchema {
  let text: string;
  try {
    text = readLimited(path);
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    throw new ConnectError('INVALID_DEFINITION', `Avro schema ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
      hint: 'check `schema` in the stream definition',
    });
  }
  return parseAvroSchema(text, path);
}

/** The same from text; `origin` names it in errors. */
export function parseAvroSchema(text: string, origin: string): AvroSchema {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw invalid(origin, `is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(raw) || raw.type !== 'record' || typeof raw.name !== 'string' || !Array.isArray(raw.fields)) {
    throw invalid(origin, 'is not a record with a name and fields');
  }
  const name = typeof raw.namespace === 'string' && !raw.name.includes('.') ? `${raw.namespace}.${raw.name}` : raw.name;
  return { text, raw, name, fields: raw.fields.map((field) => parseField(field, origin)) };
}

function parseField(raw: unknown, origin: string): AvroField {
  if (!isObject(raw) || typeof raw.name !== 'string') throw invalid(origin, 'has a field without a name');
  const where = `${origin}: field ${raw.name}`;
  const { type, nullable } = unwrapNullable(raw.type, where);
  return {
    name: raw.name,
    nullable,
    ...kindOf(type, where),
    ...limitsOf(raw, where),
    doc: typeof raw.doc === 'string' ? raw.doc : undefined,
  };
}

function unwrapNullable(type: unknown, where: string): { type: unknown; nullable: boolean } {
  if (!Array.isArray(type)) return { type, nullable: false };
  const others = type.filter((branch) => branch !== 'null');
  if (type.length !== 2 || others.length !== 1) throw invalid(where, 'is a union other than null and one type');
  return { type: others[0], nullable: true };
}

function kindOf(type: unknown, where: string): Pick<AvroField, 'kind' | 'precision' | 'scale'> {
  const base = isObject(type) ? type.type : type;
  const logical = isObject(type) ? type.logicalType : undefined;
  if (logical === 'decimal' && base === 'bytes' && isObject(type)) {
    const { precision, scale = 0 } = type;
    if (!isCount(precision) || !isCount(scale) || scale > precision || precision === 0) {
      throw invalid(where, 'has a decimal without a valid precision and scale');
    }
    return { kind: 'decimal', precision, scale };
  }
  if (logical === 'timestamp-millis' && base === 'long') return { kind: 'timestamp-millis' };
  if (logical !== undefined)
    throw invalid(where, `has the logical type ${String(logical)} on ${String(base)}: not supported`);
  const kind = PLAIN_KINDS.find((plain) => plain === base);
  if (kind !== undefined) return { kind };
  throw invalid(where, `has the type ${JSON.stringify(base)}: ${WHY_NOT[String(base)] ?? 'no type of Avro'}`);
}

/** Why a type of Avro's own is no field's. */
const WHY_NOT: Readonly<Record<string, string>> = {
  enum: 'a word is a string with its words in "allowed"; a new word would break the readers of an enum',
  float: 'a float changes values; use double, or decimal for amounts',
  fixed: 'use bytes',
  record: "a table's row is flat",
  array: "a table's row is flat",
  map: "a table's row is flat",
  null: 'it has no value',
};

function limitsOf(raw: Record<string, unknown>, where: string): Partial<AvroField> {
  const limits: { -readonly [K in keyof AvroField]?: AvroField[K] } = {};
  for (const name of ['minLength', 'maxLength'] as const) {
    const value = raw[name];
    if (value === undefined) continue;
    if (!isCount(value)) throw invalid(where, `has a ${name} that is not a whole number`);
    limits[name] = value;
  }
  for (const name of ['minimum', 'maximum'] as const) {
    const value = raw[name];
    if (value === undefined) continue;
    // Text for what a JSON number cannot hold exactly.
    if (!Number.isSafeInteger(value) && !(typeof value === 'string' && /^-?\d+$/.test(value))) {
      throw invalid(where, `has a ${name} that is not a whole number (as text beyond 2^53)`);
    }
    limits[name] = BigInt(value as number | string);
  }
  if (raw.allowed !== undefined) {
    const { allowed } = raw;
    if (!Array.isArray(allowed) || allowed.length === 0 || !allowed.every((word) => typeof word === 'string')) {
      throw invalid(where, 'has an `allowed` that is not a list of words');
    }
    limits.allowed = allowed;
  }
  return limits;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const invalid = (where: string, problem: string): ConnectError =>
  new ConnectError('INVALID_DEFINITION', `Avro schema ${where} ${problem}`);
