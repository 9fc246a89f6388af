import type { FieldDescriptor, FileDescriptor } from './descriptor.ts';

/** Scalar types by their numbers in a descriptor; messages, enums and groups have names. */
export const SCALARS: Readonly<Record<number, string>> = {
  1: 'double',
  2: 'float',
  3: 'int64',
  4: 'uint64',
  5: 'int32',
  6: 'fixed64',
  7: 'fixed32',
  8: 'bool',
  9: 'string',
  12: 'bytes',
  13: 'uint32',
  15: 'sfixed32',
  16: 'sfixed64',
  17: 'sint32',
  18: 'sint64',
};

const GROUP = 10;
const MESSAGE = 11;
const REPEATED = 3;
/** Of an edition's features. */
const IMPLICIT = 2;
const DELIMITED = 2;

export const isRepeated = ({ label }: FieldDescriptor): boolean => label === REPEATED;

/** Whether the field is a group by its bytes, which is read no more. */
export const isDelimited = ({ type, options }: FieldDescriptor, file: FileDescriptor): boolean =>
  type === GROUP ||
  (type === MESSAGE && (options?.features?.messageEncoding ?? file.options?.features?.messageEncoding) === DELIMITED);

/** Whether the feed tells an absent value of a single scalar or enum from its zero. */
export function hasPresence({ proto3Optional, oneofIndex, options }: FieldDescriptor, file: FileDescriptor): boolean {
  if (proto3Optional === true || oneofIndex !== undefined) return true;
  // proto2, whose name is left out of descriptors, writes what is set.
  if (file.syntax === undefined || file.syntax === '' || file.syntax === 'proto2') return true;
  if (file.syntax === 'proto3') return false;
  return (options?.features?.fieldPresence ?? file.options?.features?.fieldPresence) !== IMPLICIT;
}
