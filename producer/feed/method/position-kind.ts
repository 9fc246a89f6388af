import type { Refusal } from '../../record/refusal.ts';
import type { SentMessage } from '../event.ts';

/** Where a feed is resumed, as a checkpoint holds it: a slot stands without its kind, as it always did. */
export type Place =
  | { readonly kind?: undefined; readonly slot: bigint; readonly cursor?: undefined; readonly heard?: undefined }
  | { readonly kind: 'cursor'; readonly cursor: string; readonly slot?: undefined; readonly heard?: undefined }
  /** `heard`: when the last message came, ISO, UTC. */
  | { readonly kind: 'none'; readonly heard: string; readonly slot?: undefined; readonly cursor?: undefined };

/** A time in which nobody read a feed that replays nothing. ISO, UTC. */
export interface LostTime {
  readonly from: string;
  readonly to: string;
}

/** How far a feed has been read, by marks that only rise. */
export interface MethodPosition {
  /** Once the records so far are in Kafka, the feed is resumed at the place of this mark. */
  readonly slot: bigint | undefined;
  /** An update comes; a refusal says what is wrong with its position. Errors: UNSAFE when others before it are missing. */
  take(update: SentMessage): Refusal | undefined;
  /** What the request takes back; undefined at a feed's beginning, and where it takes nothing. */
  resume(): string | undefined;
  /** A subscription works. Returns the time that nobody read. */
  subscribed(): LostTime | undefined;
  place(mark: bigint): Place;
}

export interface PositionStart {
  /** The last checkpoint. */
  readonly place: Place | undefined;
  /** An operator's start, which no update has proved. */
  readonly fromSlot?: bigint | undefined;
  readonly acceptGap: boolean;
  /** Hears of slots that are left out by the operator's choice. */
  readonly onGap: (from: bigint, to: bigint) => void;
  /** Hears of a feed whose cursors begin anew, by the operator's choice. */
  readonly onReset: () => void;
  /** Hears of a slot so far ahead that it is not believed yet. */
  readonly onLead: (sent: bigint, slot: bigint) => void;
}
