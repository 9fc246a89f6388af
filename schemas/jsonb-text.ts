/** Deeper documents, and numbers with more digits, are refused: a short text could otherwise fill PostgreSQL's stack or a gigabyte. */
const MOST_LEVELS = 256;
const MOST_DIGITS = 1_000;

const TOKENS = /"(?:[^"\\]|\\.)*"|[[{]|[\]}]|-?\d[\d.eE+-]*/g;
/** Looked for in the text and not in the value: of two equal keys, jsonb reads both. */
const UNSTORABLE = /\0|\p{Surrogate}/u;
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Why PostgreSQL does not keep a text as jsonb, or not within bounds; undefined when it does. */
export function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return 'is no JSON';
  }
  let level = 0;
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') level += 1;
    else if (token === '}' || token === ']') level -= 1;
    else if (token[0] === '"') {
      if (UNSTORABLE.test(JSON.parse(token))) return 'holds \\u0000 or half a surrogate pair, which jsonb cannot';
    } else if (digitsOf(token) > MOST_DIGITS) return `has a number of more than ${MOST_DIGITS} digits`;
    if (level > MOST_LEVELS) return `is nested more than ${MOST_LEVELS} levels deep`;
  }
  return undefined;
}

function digitsOf(token: string): number {
  const [, , whole = '', fraction = '', exponent = '0'] = NUMBER.exec(token) ?? [];
  const shift = Number(exponent);
  return Math.max(whole.length + shift, 0) + Math.max(fraction.length - shift, 0);
}

/**
 * One text for all texts that are the same jsonb: keys in one order, the last of two equal keys, no blanks, numbers digit by
 * digit as numeric keeps them. A text that jsonb does not keep stays as it is.
 */
export function canonicalJson(text: string): string {
  if (jsonProblem(text) !== undefined) return text;
  // JSON.parse would round numbers: they travel as strings, behind a character that no string of jsonb has.
  const marked = text.replace(TOKENS, (token) => (NUMBER.test(token) ? `"\\u0000${plainNumber(token)}"` : token));
  return JSON.stringify(inOrder(JSON.parse(marked))).replace(/"\\u0000([^"]*)"/g, '$1');
}

/** `1.50e1` → `15.0`, as numeric prints it. */
function plainNumber(token: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = NUMBER.exec(token) ?? [];
  const shift = Number(exponent);
  const scale = Math.max(fraction.length - shift, 0);
  const digits = `${whole}${fraction}`.padEnd(whole.length + Math.max(shift, fraction.length), '0');
  const unscaled = BigInt(digits.slice(0, whole.length + fraction.length + Math.max(shift - fraction.length, 0)));
  const text = unscaled.toString().padStart(scale + 1, '0');
  const point = text.length - scale;
  const plain = scale === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`;
  return unscaled === 0n ? plain : `${sign}${plain}`;
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, inOrder(part)]));
}
