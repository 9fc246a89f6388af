import type { AvroRecord } from '../../../schemas/avro-schema.ts';
import type { TimelineSlot } from '../timeline.ts';
import type { MarketBook } from './market-book.ts';
import type { MarketPosition } from './market-position.ts';
import { type EventType, positionRecord } from './position-record.ts';

/** The updates of one slot while they are made. */
export class SlotOutput {
  readonly records: AvroRecord[] = [];
  readonly slotNumber: number;
  readonly #slot: TimelineSlot;
  readonly #count: number;

  constructor(slot: TimelineSlot, count: number) {
    this.#slot = slot;
    this.#count = count;
    this.slotNumber = Number(slot.slot);
  }

  /** How many updates still fit. */
  get room(): number {
    return this.#count - this.records.length;
  }

  add(position: MarketPosition, { price }: MarketBook, event: EventType, signature: string): void {
    this.records.push(positionRecord(this.#slot, position, price, event, signature));
  }
}
