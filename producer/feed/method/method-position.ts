import { ConnectError } from '../../../core/errors.ts';
import type { PositionKind, ReadPosition } from '../../../pipeline/feed.ts';
import { createCursorPosition } from './cursor-position.ts';
import type { MethodPosition, Place, PositionStart } from './position-kind.ts';
import { createSlotPosition } from './slot-position.ts';
import { createTimePosition } from './time-position.ts';

/** The position of one feed. Errors: UNSAFE for a checkpoint of another kind; USAGE for a start that the kind does not have. */
export function createMethodPosition(stream: string, definition: ReadPosition, start: PositionStart): MethodPosition {
  const { place, fromSlot, acceptGap } = start;
  if (fromSlot !== undefined && definition.kind !== 'slot') {
    throw new ConnectError(
      'USAGE',
      `stream ${stream} has no slots: its feed's position is of kind ${definition.kind}`,
      {
        hint: 'start without --from-slot',
      },
    );
  }
  if (!acceptGap && fromSlot === undefined) requireKind(stream, place, definition.kind);
  const isOther = place !== undefined && kindOf(place) !== definition.kind;
  const own = isOther ? undefined : place;
  switch (definition.kind) {
    case 'slot':
      return createSlotPosition(stream, definition.field, { ...start, place: own?.slot });
    case 'cursor':
      return createCursorPosition(stream, definition.field, { ...start, place: own?.cursor });
    case 'none':
      return createTimePosition(own?.heard);
  }
}

const kindOf = (place: Place): PositionKind => place.kind ?? 'slot';

/** Errors: UNSAFE for a checkpoint of another kind, which says nothing about where to go on. */
export function requireKind(stream: string, place: Place | undefined, wanted: PositionKind): void {
  if (place === undefined || kindOf(place) === wanted) return;
  const kind = kindOf(place);
  throw new ConnectError(
    'UNSAFE',
    `the checkpoint of stream ${stream} is of kind ${kind}, and its feed has a position of kind ${wanted}`,
    {
      details: { stream, checkpoint: kind, position: wanted },
      hint: `put the feed of the definition back; or start once with ${wanted === 'slot' ? '--from-slot' : '--accept-gap, which reads from where the feed begins by itself'}`,
    },
  );
}
