import type protobuf from 'protobufjs';
import { exactNumberOf, wholeOf } from '../feed/long.ts';

/** Google's messages that are read by their meaning. */
export type WellKnown = 'timestamp' | 'duration' | 'wrapper';

const WRAPPER = /^\.?google\.protobuf\.(Bool|Int32|Int64|UInt32|UInt64|Float|Double|String|Bytes)Value$/;

export function wellKnown({ fullName }: protobuf.Type): WellKnown | undefined {
  if (/^\.?google\.protobuf\.Timestamp$/.test(fullName)) return 'timestamp';
  if (/^\.?google\.protobuf\.Duration$/.test(fullName)) return 'duration';
  return WRAPPER.test(fullName) ? 'wrapper' : undefined;
}

const NANOS = 1_000_000_000n;

/** A Timestamp or a Duration in nanoseconds. */
export function nanosOf(message: unknown): bigint {
  const { seconds, nanos } = message as { seconds?: unknown; nanos?: unknown };
  return (wholeOf(seconds) ?? 0n) * NANOS + (wholeOf(nanos) ?? 0n);
}

/** A Timestamp of whole milliseconds that a double holds; undefined for every other. */
export function exactMillisOf(message: unknown): number | undefined {
  const { seconds, nanos } = message as { seconds?: unknown; nanos?: unknown };
  const whole = exactNumberOf(seconds);
  const millis = typeof nanos === 'number' ? nanos / 1_000_000 : undefined;
  if (whole === undefined || millis === undefined || !Number.isInteger(millis)) return undefined;
  const total = whole * 1_000 + millis;
  return Number.isSafeInteger(total) ? total : undefined;
}

/** `2026-01-01T00:00:00.123456789Z`, without zeros at the end. */
export function isoTime(message: unknown): string {
  const total = nanosOf(message);
  const rest = ((total % NANOS) + NANOS) % NANOS;
  const seconds = new Date(Number((total - rest) / 1_000_000n)).toISOString().replace(/\.000Z$/, '');
  return `${seconds}${fraction(rest)}Z`;
}

/** `-1.5s` */
export function durationText(message: unknown): string {
  const total = nanosOf(message);
  const magnitude = total < 0n ? -total : total;
  return `${total < 0n ? '-' : ''}${magnitude / NANOS}${fraction(magnitude % NANOS)}s`;
}

const fraction = (nanos: bigint): string =>
  nanos === 0n ? '' : `.${nanos.toString().padStart(9, '0').replace(/0+$/, '')}`;
