import { ConnectError } from '../../../core/errors.ts';
import { wholeOf, wholeText } from '../long.ts';
import type { MethodPosition, PositionStart } from './position-kind.ts';
import { missingPosition, sentAt } from './sent-position.ts';

/** A cursor is text in a checkpoint and in a request; longer ones are no cursors. */
const LONGEST = 4_096;

interface CursorStart extends Pick<PositionStart, 'acceptGap' | 'onReset'> {
  /** The last complete cursor. */
  readonly place: string | undefined;
}

/**
 * The request takes back the last cursor that is complete and in Kafka: several updates may share one, so it is complete when another one
 * follows. Whole numbers are in order: one that goes back within a subscription is refused, and a subscription that begins before the
 * cursor it was asked for ends the run. Text is opaque: its order is that of arrival.
 */
export function createCursorPosition(stream: string, field: string, start: CursorStart): MethodPosition {
  const steps = field.split('.');
  /** The last cursor that another one has followed. */
  let last = start.place;
  let current: string | undefined;
  let highest = wholeText(last);
  let isFirst = true;
  let previous: bigint | undefined;
  let mark = 0n;
  /** Cursors of records that Kafka may not have yet, by mark, oldest first. */
  let waiting: { readonly mark: bigint; readonly cursor: string }[] = [];

  /** A feed that was asked for what comes behind a cursor has no earlier one: it was begun anew, or does not look at the request. */
  const requireLater = (whole: bigint) => {
    const asked = wholeText(last);
    if (asked === undefined || whole >= asked) return;
    if (!start.acceptGap) throw goesBack(stream, asked, whole);
    start.onReset();
    highest = undefined;
  };

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
        if (isFirst) requireLater(whole);
        isFirst = false;
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
      isFirst = true;
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

const goesBack = (stream: string, asked: bigint, sent: bigint): ConnectError =>
  new ConnectError(
    'UNSAFE',
    `stream ${stream} asked for what comes behind cursor ${asked}, but its feed goes on at ${sent}: it was begun anew, or does not look at the request`,
    {
      details: { asked: asked.toString(), sent: sent.toString() },
      hint: 'compare feed.position.request with the service; for a feed that was begun anew, start once with --accept-gap, which reads on from there and records it',
    },
  );
