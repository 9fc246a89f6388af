import type { Contract } from './contract.ts';
import type { FeedField, FeedMessage } from './feed.ts';
import type { PlacedField } from './placed-schema.ts';

/** Avro fields that neither the update nor the definition fills. */
export function unfedFields({ stream, feed, schema }: Contract): PlacedField[] {
  const { fields = {}, constants = {} } = stream.feed ?? {};
  const targets = new Set([...Object.values(fields).map(({ to }) => to), ...Object.keys(constants)]);
  // The producer counts where the feed does not.
  if (stream.table.current?.ordinal !== undefined) targets.add(stream.table.current.ordinal);
  const named = new Set(feed?.update?.fields.map(({ name }) => name).filter((name) => !Object.hasOwn(fields, name)));
  return schema.fields.filter(({ name }) => !targets.has(name) && !named.has(name));
}

/** A field of the update by its path. */
interface PlacedPath {
  readonly path: string;
  readonly field: FeedField;
}

/** Fields of the update that go nowhere, and nobody says so. Of a message that is mapped in part, its own fields. */
export function unusedFields({ stream, feed, schema }: Contract): PlacedPath[] {
  if (feed?.update === undefined || stream.feed === undefined) return [];
  const { fields, ignore, position } = stream.feed;
  const used = new Set([...Object.keys(fields), ...ignore, ...carriedPaths(Object.values(fields))]);
  if (position !== undefined && position.kind !== 'none') used.add(position.field);
  const names = new Set([...schema.fields, ...schema.unsupported].map(({ name }) => name));
  const inside = (message: FeedMessage, prefix: string): PlacedPath[] =>
    message.fields.flatMap((field) => {
      const path = `${prefix}${field.name}`;
      if (used.has(path) || (prefix === '' && names.has(field.name))) return [];
      const isPart = [...used].some((one) => one.startsWith(`${path}.`));
      const parts = isPart ? feed.types(field.type) : undefined;
      return parts === undefined ? [{ path, field }] : inside(parts, `${path}.`);
    });
  return inside(feed.update, '');
}

/** Fields that only say how another one is scaled. */
const carriedPaths = (mappings: readonly { scale?: unknown; exponent?: string | undefined }[]): string[] =>
  mappings.flatMap(({ scale, exponent }) => [exponent, scale].filter((path) => typeof path === 'string'));

const OF_GOOGLE = /^google\.protobuf\./;
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

/** The scalar that a field sends: of a wrapper of Google's, the one inside. */
export const scalarType = ({ type }: FeedField): string =>
  OF_GOOGLE.test(type) ? (WRAPPED[type.replace(OF_GOOGLE, '')] ?? type) : type;

/** Whether a message of Google's becomes this field without a word in the definition. */
export function readByMeaning({ type }: FeedField, { kind }: PlacedField): boolean {
  if (type === 'google.protobuf.Timestamp') return kind.startsWith('timestamp');
  return type === 'google.protobuf.Duration' && (kind === 'long' || kind === 'decimal');
}

/** The word of an enum's zero, which is what an absent enum reads as; undefined when it has none. */
export function zeroWord(source: FeedField, words: Readonly<Record<string, string>>): string | undefined {
  const zero = source.enum?.values.find(({ number }) => number === 0);
  return zero !== undefined && Object.hasOwn(words, zero.name) ? `"${words[zero.name]}"` : undefined;
}
