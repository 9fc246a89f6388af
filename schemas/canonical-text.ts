/**
 * The one text of a value, the same in an oracle, a record and the table: null stays null, a time is ISO in UTC, bytes are as
 * PostgreSQL writes a bytea.
 */
export function canonicalText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  return Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : String(value);
}
