/** A value that stands elsewhere, as Kafka writes it: `${provider:path:key}`, or `${provider:key}` for a provider without paths. */
export interface Reference {
  /** The whole of it, from `${` to `}`. */
  readonly text: string;
  readonly provider: string;
  readonly path: string | undefined;
  /** May hold colons itself; the path may not. */
  readonly key: string;
}

const REFERENCE = /\$\{([A-Za-z][\w-]*):(?=[^}])(?:([^:}]*):)?([^}]*)\}/g;

/** All references in a text, in its order. */
export const referencesIn = (text: string): Reference[] =>
  [...text.matchAll(REFERENCE)].map(([all, provider = '', path, key = '']) => ({ text: all, provider, path, key }));

/** The reference that a value is; undefined when it is anything else, also a longer text that holds one. */
export function parseReference(value: string): Reference | undefined {
  const [first] = referencesIn(value);
  return first?.text === value ? first : undefined;
}

/** Whether a value is one reference and nothing else: its secret is resolved elsewhere. */
export const isReference = (value: string): boolean => parseReference(value) !== undefined;

/** What may stand in front of a reference as part of one value: the scheme of a header, or a user name. */
const BEFORE_REFERENCE = /^(?:Bearer +|[\w.@-]+:)?(?=\$\{)/;

/** Whether a value's secret stands elsewhere: one reference, alone or as in `Bearer ${…}` and `perps:${…}`. */
export const isByReference = (value: string): boolean => isReference(value.replace(BEFORE_REFERENCE, ''));

/** Whether a text has a reference anywhere in it, so that its value is only known once that is resolved. */
export const holdsReference = (text: string): boolean => referencesIn(text).length > 0;

/** Whether a value is a reference that this package resolves itself: `${env:NAME}` or `${file:path:key}`. */
export function isLocalReference(value: string): boolean {
  const { provider, path, key = '' } = parseReference(value) ?? {};
  if (provider === 'env') return path === undefined && /^[A-Za-z_]\w*$/.test(key);
  return provider === 'file' && path !== undefined && path !== '' && key !== '';
}
