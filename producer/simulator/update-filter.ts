import type { AvroRecord } from '../../schemas/avro-schema.ts';

/** `filter` of a subscription as protobufjs reads it: lists of wanted values by plural field name. */
export type UpdateFilter = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * Whether an update passes a filter. The list `owners` looks at the field `owner` and so on; values in one list are
 * alternatives, lists restrict together, an empty list does not restrict.
 */
export function createFilter(filter: UpdateFilter | undefined): (record: AvroRecord) => boolean {
  const wanted = Object.entries(filter ?? {}).flatMap(([name, values]) =>
    values === undefined || values.length === 0 ? [] : [{ field: name.replace(/s$/, ''), values: new Set(values) }],
  );
  if (wanted.length === 0) return () => true;
  return (record) => wanted.every(({ field, values }) => values.has(String(record[field])));
}
