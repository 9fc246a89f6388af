/**
 * The one text of a value, the same in an oracle, a record and the table: null stays null, a time is ISO in UTC, bytes are as
 * PostgreSQL writes a bytea, an array is JSON of its elements' texts.
 */
export function canonicalText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return JSON.stringify(value.map(canonicalText));
  if (Object.is(value, -0)) return '-0';
  return Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : String(value);
}
