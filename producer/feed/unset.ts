import protobuf from 'protobufjs';

/**
 * proto3 sends a zero or an empty text only of fields that are `optional`. For all others, unset means zero. protobufjs
 * reads unset optional fields as zero, too; this makes them read as null, in the type and in all that it holds.
 */
export function markUnset(type: protobuf.Type, seen = new Set<protobuf.Type>()): void {
  if (seen.has(type)) return;
  seen.add(type);
  for (const field of type.fieldsArray) {
    if (field.options?.proto3_optional === true) Object.assign(type.ctor.prototype as object, { [field.name]: null });
    if (field.resolvedType instanceof protobuf.Type) markUnset(field.resolvedType, seen);
  }
}
