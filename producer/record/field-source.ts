import protobuf from 'protobufjs';
import type { FeedDefinition } from '../../pipeline/feed.ts';
import type { AvroField, AvroValue } from '../../schemas/avro-schema.ts';
import { constantValue } from '../../schemas/constant-value.ts';
import { conversion, valueAtPath } from './conversions.ts';
import { createFieldReader, FieldRefusal } from './field-readers.ts';

/** What is known of a feed's updates. Without a type, fields go by name. */
export interface UpdateShape {
  readonly update?: protobuf.Type | undefined;
  readonly mapping?: Pick<FeedDefinition, 'fields' | 'constants'> | undefined;
}

/** Where the value of an Avro field comes from. */
interface FieldSource {
  /** The update's field that holds it. */
  readonly from: string;
  /** Takes that field's value and the whole update. */
  readonly read: (raw: unknown, update: Readonly<Record<string, unknown>>) => AvroValue | FieldRefusal;
}

/** Compiles the way of one Avro field's value, once for a run. */
export function fieldSource(field: AvroField, { update, mapping }: UpdateShape): FieldSource {
  const { fields = {}, constants = {} } = mapping ?? {};
  const constant = Object.hasOwn(constants, field.name) ? constants[field.name] : undefined;
  if (constant !== undefined) {
    const value = constantValue(field, constant);
    return { from: field.name, read: () => value };
  }
  const [path, entry] = Object.entries(fields).find(([, { to }]) => to === field.name) ?? [field.name, undefined];
  // A field that is mapped goes by its own name no more.
  if (entry === undefined && Object.hasOwn(fields, field.name)) {
    const unset = createFieldReader(field, undefined)(undefined);
    return { from: field.name, read: () => unset };
  }
  const [from = path, ...inner] = path.split('.');
  const leaf = leafOf(update, path);
  const take = createFieldReader(
    field,
    leaf?.resolvedType instanceof protobuf.Enum ? enumOf(leaf.resolvedType) : undefined,
  );
  const convert = leaf && conversion(field, leaf, entry ?? { to: field.name });
  const read: FieldSource['read'] =
    convert === undefined
      ? take
      : (raw, whole) => {
          if (raw === undefined || raw === null) return take(raw);
          const value = convert(raw, whole);
          return value instanceof FieldRefusal ? value : take(value);
        };
  if (inner.length === 0) return { from, read };
  return { from, read: (raw, whole) => read(valueAtPath(raw, inner), whole) };
}

/** The field of the update that an Avro field's value comes from as it is; undefined for a constant or a converted value. */
export function plainSource(name: string, { fields = {}, constants = {} }: NonNullable<UpdateShape['mapping']>) {
  const mapped = Object.keys(fields).find((path) => fields[path]?.to === name);
  return Object.hasOwn(constants, name) ? undefined : (mapped ?? name);
}

/** The field at the end of a path through messages. */
export function leafOf(update: protobuf.Type | undefined, path: string): protobuf.Field | undefined {
  let type: protobuf.ReflectionObject | null | undefined = update;
  let field: protobuf.Field | undefined;
  for (const step of path.split('.')) {
    field = type instanceof protobuf.Type ? type.fields[step] : undefined;
    type = field?.resolvedType;
  }
  return field;
}

const enumOf = ({ name, valuesById }: protobuf.Enum) => ({ name, valueNames: valuesById });
