import { ConnectError } from '../../core/errors.ts';
import type { PositionKind } from '../../pipeline/feed.ts';
import type { SentMessage } from './event.ts';
import { wholeOf, wholeText } from './long.ts';
import { sentAt } from './method/sent-position.ts';
import type { FeedPosition } from './position.ts';
import type { Gap } from './resume.ts';

/** An update this far ahead of the others has a wrong slot, and no later run reads it again. */
const FAR = 10_000n;

/** The end of a run that publishes the updates up to a slot, itself included. */
export interface SlotBound {
  readonly until: bigint;
  /** The feed has gone on beyond it: it has sent all of it. */
  isReached(): boolean;
  /** Of an update: its slot lies beyond. One that does not say its slot, or says one far ahead, stands among those that are read. */
  isBeyond(update: SentMessage): boolean;
  /** The position as far as it is published: updates beyond the bound are not. */
  readonly position: FeedPosition;
  /** What of a gap the run should have read; undefined when nothing. */
  within(gap: Gap): Gap | undefined;
}

/** `field` leads to an update's slot. */
export function boundAt(until: bigint, position: FeedPosition, field: string): SlotBound {
  const steps = field.split('.');
  return {
    until,
    isReached: () => position.slot !== undefined && position.slot > until,
    isBeyond(update) {
      const sent = sentAt(update, steps);
      const slot = wholeOf(sent) ?? wholeText(sent);
      return slot !== undefined && slot > until && slot <= until + FAR;
    },
    position: {
      subscribed: position.subscribed,
      noticed: position.noticed,
      updated: position.updated,
      get slot() {
        const { slot } = position;
        return slot === undefined || slot <= until ? slot : until + 1n;
      },
    },
    within: ({ from, to }) => (from > until ? undefined : { from, to: to < until ? to : until }),
  };
}

/** Errors: USAGE for a feed that has no slots to end at. */
export function requireSlots(stream: string, kind: PositionKind): void {
  if (kind === 'slot') return;
  throw new ConnectError('USAGE', `stream ${stream} has no slots to end at: its feed's position is of kind ${kind}`, {
    hint: 'select the others by --only; with --end-with-feed a run ends when the feed ends by itself, and otherwise stop it once `connect status` says that the table is as far as you want it',
  });
}

/** A feed that has nothing up to the end of the run. */
export const beginsBehind = (stream: string, address: string, until: bigint, earliest: bigint): ConnectError =>
  new ConnectError(
    'UNSAFE',
    `stream ${stream} is to be read up to slot ${until}, but the feed at ${address} replays from slot ${earliest} on`,
    {
      details: { until: until.toString(), earliest: earliest.toString(), address },
      hint: 'read these slots from another feed',
    },
  );
