import type avro from 'avsc';

/** No table has so many columns. */
const MOST_FIELDS = 2_000;

/**
 * Why a record of a type may take more work than its bytes are worth; undefined when it does not. Maps, and arrays of what takes no byte,
 * may hold any number of elements; records inside records double, and a type inside itself has no end. A row holds none of these.
 */
export function boundlessReason(type: avro.Type): string | undefined {
  let fields = 0;
  const visit = (one: avro.Type, inside: readonly avro.Type[]): string | undefined => {
    fields += 1;
    if (fields > MOST_FIELDS) return `has more than ${MOST_FIELDS} fields`;
    if (inside.includes(one)) return 'has a type inside itself';
    if (one.typeName === 'map') return 'has a field of type map';
    const { itemsType } = one as Partial<avro.types.ArrayType>;
    if (itemsType !== undefined && !takesBytes(itemsType)) return 'has an array of elements that may take no byte';
    for (const part of partsOf(one)) {
      const reason = visit(part, [...inside, one]);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
  return visit(type, []);
}

/** Whether each value takes a byte at least. A union writes the number of its branch. */
function takesBytes(type: avro.Type): boolean {
  const { underlyingType } = type as Partial<avro.types.LogicalType>;
  if (underlyingType !== undefined) return takesBytes(underlyingType);
  return /^(string|bytes|int|long|boolean|float|double|enum|union:.*|abstract:long)$/.test(type.typeName);
}

function partsOf(type: avro.Type): readonly avro.Type[] {
  const { fields, types, underlyingType, itemsType } = type as Partial<avro.types.RecordType> &
    Partial<avro.types.UnwrappedUnionType> &
    Partial<avro.types.ArrayType> &
    Partial<avro.types.LogicalType>;
  if (underlyingType !== undefined) return [underlyingType];
  if (itemsType !== undefined) return [itemsType];
  return types ?? fields?.map((field) => field.type) ?? [];
}
