import { ConnectError } from '../core/errors.ts';
import { didYouMean } from '../pipeline/did-you-mean.ts';
import type { Place } from '../pipeline/finding.ts';
import { type AvroField, parseAvroSchema } from '../schemas/avro-schema.ts';
import { type JsonPointer, parseJsonWithPositions } from '../schemas/compatibility/json-positions.ts';

/** A stream's Avro schema whose fields know where they stand. */
export interface PlacedSchema {
  readonly file: string;
  readonly text: string;
  /** Full name of the record. */
  readonly name: string;
  readonly fields: readonly PlacedField[];
  /** Fields that no column can hold, each with its reason. */
  readonly unsupported: readonly { readonly name: string; readonly place: Place; readonly reason: string }[];
  readonly place: Place;
}

export interface PlacedField extends AvroField {
  readonly place: Place;
  /** Where an attribute stands, however deep in the field's type (`scale`, `maxLength`); else where the field does. */
  placeOf(attribute: string): Place;
}

/**
 * Reads an .avsc from its text. Fields are parsed one by one, so that each bad one is reported at its own place.
 * Errors: INVALID_DEFINITION for a text that is not JSON or not a record.
 */
export function placeSchema(text: string, file: string): PlacedSchema {
  const document = parseJsonWithPositions(text, file);
  const at = document.placeOf;
  const raw = document.value as { fields?: unknown };
  const list = Array.isArray(raw?.fields) ? (raw.fields as unknown[]) : [];
  const { name } = parseAvroSchema(
    JSON.stringify({ ...raw, fields: Array.isArray(raw?.fields) ? [] : raw?.fields }),
    file,
  );
  const fields: PlacedField[] = [];
  const unsupported: PlacedSchema['unsupported'][number][] = [];
  for (const [index, rawField] of list.entries()) {
    const fieldName = String((rawField as { name?: unknown } | null)?.name ?? `field ${index}`);
    const place = at(['fields', index, 'name']);
    try {
      const [field] = parseAvroSchema(JSON.stringify({ ...raw, fields: [rawField] }), file).fields;
      if (field === undefined) continue;
      const placeOf = (attribute: string): Place => at(['fields', index, ...(find(rawField, attribute) ?? ['name'])]);
      fields.push({ ...field, place, placeOf });
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      const reason = error.message.replace(/^.*?: field \S+ /, '').replace(/^Avro schema \S+ /, '');
      unsupported.push({ name: fieldName, place, reason });
    }
  }
  return { file, text, name, fields, unsupported, place: at(['name']) };
}

/** The path to the first key of that name, outermost first. */
function find(value: unknown, key: string): JsonPointer | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, key)) return [key];
  for (const [step, inner] of Object.entries(value)) {
    const path = find(inner, key);
    if (path !== undefined) return [Array.isArray(value) ? Number(step) : step, ...path];
  }
  return undefined;
}

/** The field of that name. */
export const fieldOf = (schema: PlacedSchema, name: string): PlacedField | undefined =>
  schema.fields.find((field) => field.name === name);

/** Says that a schema has no field of this name, and which one may be meant. */
export function noField(schema: PlacedSchema, name: string): string {
  const names = schema.fields.map((field) => field.name);
  return `${name} is no field of ${schema.name}${didYouMean(name, names)}`;
}
