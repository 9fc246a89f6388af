type HeaderValue = Buffer | string;

/** Headers of a record by name; a name that stands there several times has a list. */
export type RecordHeaders = Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>>;

/** A header as text; undefined when absent. Of a repeated header, the last. */
export function headerText(headers: RecordHeaders, name: string): string | undefined {
  const value = headers[name];
  const last = isList(value) ? value.at(-1) : value;
  return last?.toString();
}

const isList = (value: RecordHeaders[string]): value is readonly HeaderValue[] => Array.isArray(value);
