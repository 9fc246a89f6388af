import { bare, type FeedCatalog } from '../../../producer/feed/inspect/catalog.ts';
import type { EnumDescriptor, FieldDescriptor } from '../../../producer/feed/inspect/descriptor.ts';
import { hasPresence, isRepeated, SCALARS } from '../../../producer/feed/inspect/field-shape.ts';
import type { UpdateType } from './draft-types.ts';

/** What a field of an update holds. */
export type FieldContent =
  | {
      readonly kind: 'scalar';
      /** Of proto; of a wrapper, the one inside. */
      readonly type: string;
      /** Whether the feed tells an absent value from its zero. */
      readonly presence: boolean;
      readonly isWrapped: boolean;
    }
  | { readonly kind: 'enum'; readonly name: string; readonly of: EnumDescriptor; readonly presence: boolean }
  | { readonly kind: 'timestamp' | 'duration' | 'any' | 'empty' }
  | { readonly kind: 'message'; readonly name: string }
  | { readonly kind: 'list' | 'map' };

const OF_GOOGLE = 'google.protobuf.';
const WRAPPED: Readonly<Record<string, string>> = {
  BoolValue: 'bool',
  Int32Value: 'int32',
  Int64Value: 'int64',
  UInt32Value: 'uint32',
  UInt64Value: 'uint64',
  FloatValue: 'float',
  DoubleValue: 'double',
  StringValue: 'string',
  BytesValue: 'bytes',
};
const MEANT = { Timestamp: 'timestamp', Duration: 'duration', Any: 'any', Empty: 'empty' } as const;

export function fieldContent(catalog: FeedCatalog, { syntax }: UpdateType, field: FieldDescriptor): FieldContent {
  const name = bare(field.typeName);
  const declared = catalog.types.get(name);
  if (isRepeated(field)) return { kind: declared?.message?.options?.mapEntry === true ? 'map' : 'list' };
  const scalar = SCALARS[field.type ?? 0];
  if (scalar !== undefined) {
    return { kind: 'scalar', type: scalar, presence: hasPresence(field, syntax), isWrapped: false };
  }
  if (declared?.enum !== undefined) {
    return {
      kind: 'enum',
      name: name.split('.').at(-1) ?? name,
      of: declared.enum,
      presence: hasPresence(field, syntax),
    };
  }
  const known = name.startsWith(OF_GOOGLE) ? name.slice(OF_GOOGLE.length) : '';
  const wrapped = WRAPPED[known];
  if (wrapped !== undefined) return { kind: 'scalar', type: wrapped, presence: true, isWrapped: true };
  const meant = known in MEANT ? MEANT[known as keyof typeof MEANT] : undefined;
  return meant === undefined ? { kind: 'message', name } : { kind: meant };
}
