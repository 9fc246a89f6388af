/** A Java properties file, keys in the order given; ASCII only, because Java reads such files as Latin-1. */
export const propertiesText = (properties: Readonly<Record<string, string | number | boolean>>): string =>
  Object.entries(properties)
    .map(([key, value]) => `${escapedKey(key)}=${escapedValue(String(value))}\n`)
    .join('');

const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const escapedKey = (key: string): string => escaped(key).replaceAll(/[ =:#!]/g, '\\$&');

/** Java takes the space before a value for a part of the separator. */
const escapedValue = (value: string): string => escaped(value).replace(/^ /, '\\ ');

/** The properties of a text, as Java reads them: comments, continued lines, separators and escapes; of a key's lines the last. */
export function parseProperties(text: string): Record<string, string> {
  const properties = Object.create(null) as Record<string, string>;
  for (const line of logicalLines(text)) {
    const [, key = '', value = ''] = /^((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)$/s.exec(line) ?? [];
    properties[unescaped(key)] = unescaped(value);
  }
  return properties;
}

/** Lines without comments and blank ones, and without the space before them; a line that ends with a backslash goes on in the next. */
function* logicalLines(text: string): Generator<string> {
  let line = '';
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const part = natural.replace(/^[ \t\f]+/, '');
    if (line === '' && /^(?:$|[#!])/.test(part)) continue;
    const isContinued = /(?<!\\)(?:\\\\)*\\$/.test(part);
    line += isContinued ? part.slice(0, -1) : part;
    if (isContinued) continue;
    yield line;
    line = '';
  }
  if (line !== '') yield line;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' };

const unescaped = (text: string): string =>
  text.replaceAll(/\\(?:u([0-9A-Fa-f]{4})|(.))/gs, (_all, code: string | undefined, char = '') =>
    code === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(code, 16)),
  );

/** The items of a property that is a list. */
export const listOf = (text = ''): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
