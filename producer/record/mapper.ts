import type { AvroRecord, AvroSchema } from '../../schemas/avro-schema.ts';
import { FieldRefusal } from './field-readers.ts';
import { fieldSource, type UpdateShape } from './field-source.ts';
import type { Refusal } from './refusal.ts';

/** A record the table can hold, or every reason why there is none. */
type MappedUpdate =
  | { readonly ok: true; readonly record: AvroRecord }
  | { readonly ok: false; readonly refusals: readonly Refusal[] };

export type RecordMapper = (update: Readonly<Record<string, unknown>>) => MappedUpdate;

/**
 * A mapper from a feed's update to the record of `schema`, for any stream: fields go as the definition maps them, else
 * by name; the limits are the schema's own. A required field that is unset is refused as MISSING. So are an empty text, an empty amount and an enum's
 * "unspecified", because proto3 does not send the difference. A number that proto3 left out is 0, unless its field is `optional`.
 * Fields of the update that the schema does not name are left out.
 */
export function createRecordMapper(schema: AvroSchema, shape: UpdateShape = {}): RecordMapper {
  const fields = schema.fields.map((field) => ({ name: field.name, ...fieldSource(field, shape) }));
  const unfilled = recordWithAll(fields.map(({ name }) => name));
  return (update) => {
    const record = { ...unfilled };
    let refusals: Refusal[] | undefined;
    for (const { name, from, read } of fields) {
      const value = read(update[from], update);
      if (value instanceof FieldRefusal) {
        refusals ??= [];
        refusals.push({ field: name, code: value.code, message: value.message });
      } else record[name] = value;
    }
    return refusals === undefined ? { ok: true, record } : { ok: false, refusals };
  };
}

/**
 * A record with every field, to be copied. V8 turns an object that gets some twenty properties one by one into a dictionary, which
 * costs every update half as much again to fill; a parsed object and its copies keep their shape.
 */
const recordWithAll = (names: readonly string[]): AvroRecord =>
  JSON.parse(JSON.stringify(Object.fromEntries(names.map((name) => [name, null]))));
