import type { AvroRecord, AvroSchema } from '../../schemas/avro-schema.ts';

/** The newest time that updates of a stream name, by slot, for checkpoints. */
export type SlotTimes = NonNullable<ReturnType<typeof createSlotTimes>>;

/** Slots that wait for their checkpoint; beyond that the oldest two count as one. */
const KEPT_SLOTS = 1_000;

/**
 * Follows the field that says when an update was. Undefined for a schema that does not tell which that is: it is the only time that each
 * update has.
 */
export function createSlotTimes(schema: Pick<AvroSchema, 'fields'>) {
  const [field, other] = schema.fields.filter(({ kind, nullable }) => kind === 'timestamp-millis' && !nullable);
  if (field === undefined || other !== undefined) return undefined;
  const { name } = field;
  /** Newest time of each slot, oldest slot first. */
  let waiting: { slot: bigint; ms: number }[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  return {
    /** An update of this slot was accepted. */
    note(slot: bigint, record: AvroRecord): void {
      const time = record[name];
      if (!(time instanceof Date)) return;
      const ms = time.getTime();
      const last = waiting.at(-1);
      if (last !== undefined && slot <= last.slot) {
        // A straggler counts with the slot that the feed is at.
        if (slot === last.slot && ms > last.ms) last.ms = ms;
        return;
      }
      waiting.push({ slot, ms });
      if (waiting.length > KEPT_SLOTS) {
        const [first, second] = waiting.splice(0, 2);
        if (first !== undefined && second !== undefined)
          waiting.unshift({ slot: second.slot, ms: Math.max(first.ms, second.ms) });
      }
    },
    /** The newest time of an update before a slot: ISO, UTC; undefined when none has come. Slots rise from call to call. */
    before(slot: bigint): string | undefined {
      const next = waiting.findIndex((one) => one.slot >= slot);
      const done = next < 0 ? waiting.length : next;
      for (const { ms } of waiting.slice(0, done)) newest = Math.max(newest, ms);
      waiting = waiting.slice(done);
      return Number.isFinite(newest) ? new Date(newest).toISOString() : undefined;
    },
  };
}
