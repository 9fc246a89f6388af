import { wholeOf } from '../long.ts';
import type { MethodPosition } from './position-kind.ts';
import { missingPosition, sentAt } from './sent-position.ts';

/** A cursor is text in a checkpoint and in a request; longer ones are no cursors. */
const LONGEST = 4_096;

/**
 * The request takes back the last cursor that is complete and in Kafka: several updates may share one, so it is complete when another one
 * follows. Whole numbers are in order: one that goes back within a subscription is
 * refused. Text is opaque: its order is that of arrival.
 */
export function createCursorPosition(field: string, start: string | undefined): MethodPosition {
  const steps = field.split('.');
  /** The last cursor that another one has followed. */
  let last = start;
  let current: string | undefined;
  let highest = start !== undefined && /^-?\d+$/.test(start) ? BigInt(start) : undefined;
  let previous: bigint | undefined;
  let mark = 0n;
  /** Cursors of records that Kafka may not have yet, by mark, oldest first. */
  let waiting: { readonly mark: bigint; readonly cursor: string }[] = [];

  return {
    get slot() {
      return mark === 0n ? undefined : mark;
    },
    take(update) {
      const raw = sentAt(update, steps);
      const whole = wholeOf(raw);
      const cursor = whole?.toString() ?? (typeof raw === 'string' ? raw : '');
      if (cursor === '') return missingPosition(field);
      if (cursor.length > LONGEST)
        return { field, code: 'TOO_LONG', message: `a cursor of ${cursor.length} characters` };
      if (whole !== undefined) {
        if (previous !== undefined && whole < previous) {
          return { field, code: 'CURSOR_BACK', message: `cursor ${whole} comes after ${previous}` };
        }
        previous = whole;
        // A feed that sends older updates again after a break does not move the resume point back.
        if (highest !== undefined && whole < highest) return undefined;
        highest = whole;
      }
      if (current !== undefined && cursor !== current) {
        mark += 1n;
        last = current;
        waiting.push({ mark, cursor: current });
      }
      current = cursor;
      return undefined;
    },
    resume: () => last,
    subscribed() {
      previous = undefined;
      current = undefined;
      return undefined;
    },
    place(acknowledged) {
      const next = waiting.findIndex((one) => one.mark > acknowledged);
      const done = next < 0 ? waiting.length : next;
      const cursor = waiting[done - 1]?.cursor ?? '';
      // The last one stays: a checkpoint may be asked for twice.
      if (done > 1) waiting = waiting.slice(done - 1);
      return { kind: 'cursor', cursor };
    },
  };
}
