import protobuf from 'protobufjs';

const NO_BYTES = Buffer.alloc(0);

/**
 * proto3 sends a zero or an empty text only of fields that are `optional` or members of a oneof. For all others, unset means zero.
 * protobufjs reads those that are unset as zero, too; this makes them read as null, in the type and in all that it holds.
 */
export function markUnset(type: protobuf.Type, seen = new Set<protobuf.Type>()): void {
  if (seen.has(type)) return;
  seen.add(type);
  for (const field of type.fieldsArray) {
    // What is `optional` is the one member of a oneof in name only.
    const isBytes = field.type === 'bytes' && !field.repeated && !field.map;
    if (field.partOf !== null) Object.assign(type.ctor.prototype as object, { [field.name]: null });
    // The library's empty bytes are none.
    else if (isBytes) Object.assign(type.ctor.prototype as object, { [field.name]: NO_BYTES });
    if (field.resolvedType instanceof protobuf.Type) markUnset(field.resolvedType, seen);
  }
}
