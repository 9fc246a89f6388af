/** A Java properties file: keys sorted, so that the same properties make the same text, whatever their order. */
export const propertiesText = (properties: Readonly<Record<string, string>>): string =>
  Object.keys(properties)
    .sort()
    .map((key) => `${escaped(key)}=${escaped(properties[key] ?? '')}\n`)
    .join('');

const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replace(/^ /, '\\ ')
    .replaceAll(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Reads what `propertiesText` writes, and the plain `key=value` lines and comments of others. */
export function parseProperties(text: string): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const [, key, value = ''] = /^\s*([^#!\s=:][^=:\s]*)\s*[=:]?\s*(.*)$/.exec(line) ?? [];
    if (key !== undefined) properties[unescaped(key)] = unescaped(value);
  }
  return properties;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' };

const unescaped = (text: string): string =>
  text.replaceAll(/\\(?:u([0-9A-Fa-f]{4})|(.))/g, (_all, code: string | undefined, char: string | undefined) =>
    code === undefined ? (ESCAPES[char ?? ''] ?? char ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
