import { ConnectError } from '../core/errors.ts';
import { readLimited } from '../core/read-limited.ts';
import { type AvroField, invalid, isCount, isObject, kindOf, unwrapNullable } from './avro-kind.ts';

export type { AvroField, AvroFieldKind } from './avro-kind.ts';

/**
 * A field's value in memory: decimals are canonical text ("-12.500000"), longs are bigints, timestamp-millis are Dates. A uuid, date,
 * time of day and timestamp-micros are the text that PostgreSQL reads exactly; a word of an enum is itself.
 */
export type AvroValue = string | number | bigint | boolean | Date | Buffer | null | readonly AvroValue[];
export type AvroRecord = Record<string, AvroValue>;

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
  const shape = kindOf(type, where);
  const limits = limitsOf(raw, where);
  if (limits.zone !== undefined && !shape.kind.startsWith('timestamp-'))
    throw invalid(where, 'has a zone and no timestamp');
  if (limits.allowed !== undefined && shape.kind === 'enum')
    throw invalid(where, 'is an enum: its symbols are its words');
  const doc = typeof raw.doc === 'string' ? raw.doc : undefined;
  // The limits of an array are those of its elements.
  if (shape.items !== undefined)
    return { name: raw.name, nullable, ...shape, items: { ...limits, ...shape.items }, doc };
  return { name: raw.name, nullable, ...limits, ...shape, doc };
}

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
  if (raw.zone !== undefined) {
    if (raw.zone !== 'UTC') throw invalid(where, 'has a zone other than "UTC"');
    limits.zone = raw.zone;
  }
  return limits;
}
