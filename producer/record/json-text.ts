import protobuf from 'protobufjs';
import { bigintOf, isLongLike } from '../feed/long.ts';
import { durationText, isoTime, wellKnown } from './well-known.ts';

/** Text that jsonb cannot hold, though JSON can. */
class BadJsonText extends Error {}

/** How deep messages may stand in each other. */
const DEEPEST = 32;

/**
 * A value of the field as JSON, as protobuf's own mapping has it, with the names of the proto: 64-bit numbers are text, bytes
 * base64, enums their names, times ISO 8601. What was not sent is left out. Undefined for what `jsonb` cannot hold.
 */
export function jsonText(field: protobuf.Field, raw: unknown): string | undefined {
  try {
    return JSON.stringify(fieldValue(field, raw, 0));
  } catch (error) {
    if (error instanceof BadJsonText) return undefined;
    throw error;
  }
}

function fieldValue(field: protobuf.Field, raw: unknown, depth: number): unknown {
  if (field.map) {
    const entries = Object.entries(raw as Record<string, unknown>);
    return Object.fromEntries(entries.map(([key, one]) => [checked(key), singleValue(field, one, depth)]));
  }
  if (Array.isArray(raw)) return raw.map((one) => singleValue(field, one, depth));
  return singleValue(field, raw, depth);
}

function singleValue(field: protobuf.Field, raw: unknown, depth: number): unknown {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) return resolvedType.valuesById[raw as number] ?? raw;
  if (resolvedType instanceof protobuf.Type) return messageValue(resolvedType, raw as object, depth + 1);
  return scalarValue(raw);
}

function scalarValue(raw: unknown): unknown {
  if (isLongLike(raw)) return bigintOf(raw).toString();
  if (raw instanceof Uint8Array) return Buffer.from(raw).toString('base64');
  if (typeof raw === 'number' && !Number.isFinite(raw)) return String(raw);
  return typeof raw === 'string' ? checked(raw) : raw;
}

function messageValue(type: protobuf.Type, message: object, depth: number): unknown {
  if (depth > DEEPEST) throw new BadJsonText();
  const known = wellKnown(type);
  if (known === 'timestamp') return isoTime(message);
  if (known === 'duration') return durationText(message);
  if (known === 'wrapper') return scalarValue((message as { value: unknown }).value);
  const json: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const raw = (message as Record<string, unknown>)[field.name];
    if (Object.hasOwn(message, field.name) && raw !== null) json[field.name] = fieldValue(field, raw, depth);
  }
  return json;
}

/** jsonb holds no NUL, and no half of a surrogate pair. */
function checked(text: string): string {
  if (/\0|\p{Surrogate}/u.test(text)) throw new BadJsonText();
  return text;
}
