import { type OutgoingRecord, recordBytes } from './outgoing-record.ts';

/** How much goes into one request and how much may wait. A request is cut at whichever of its two limits comes first. */
export interface PublisherLimits {
  readonly requestRecords: number;
  readonly requestBytes: number;
  /** From the start of one request to the start of the next at least, in milliseconds. */
  readonly requestIntervalMs: number;
  readonly queueRecords: number;
  readonly queueBytes: number;
}

/**
 * A request stays under Kafka's default `message.max.bytes` (1 MiB), also when all its records go to one partition.
 * More than a few thousand records in one request gain nothing: kafkajs groups them at a quadratic cost.
 */
export const DEFAULT_LIMITS: PublisherLimits = {
  requestRecords: 2_000,
  requestBytes: 900 * 1024,
  // About the time that the sink needs for a small write. More requests would only take processor time from the sink, and their
  // records would wait for the write under way. At 1,000 updates/s, a row is visible in two thirds of the time it takes without.
  requestIntervalMs: 6,
  queueRecords: 20_000,
  queueBytes: 16 * 1024 * 1024,
};

/** What the broker has acknowledged: `records` in feed order, and the feed's slot after the last of them. */
export interface Acknowledged {
  readonly records: readonly OutgoingRecord[];
  readonly slot: bigint | undefined;
}

export interface PublisherOptions {
  /** Resolves once the broker holds all records; never called again before it has. */
  readonly send: (records: readonly OutgoingRecord[]) => Promise<void>;
  readonly onAcknowledged: (acknowledged: Acknowledged) => void;
  /** Sending has failed for good. Nothing will be sent any more, and `drain` rejects. */
  readonly onFailed: () => void;
  readonly limits?: Partial<PublisherLimits> | undefined;
}

/** Queue in front of Kafka. Records leave in the order they came, one request at a time. */
export type Publisher = ReturnType<typeof createPublisher>;

interface Entry {
  readonly record: OutgoingRecord;
  readonly bytes: number;
  slot: bigint | undefined;
}

/**
 * Records that gather while one request is under way go into the next one. There are never two requests at a time, because
 * a broker restart reorders concurrent requests of one key, even with idempotence. After a pause a record leaves at once; in
 * a steady stream requests keep a distance.
 */
export function createPublisher({ send, onAcknowledged, onFailed, limits: given }: PublisherOptions) {
  const limits = { ...DEFAULT_LIMITS, ...given };
  const pending = { records: 0, bytes: 0 };
  let queue: Entry[] = [];
  let inFlight: { slot: bigint | undefined } | undefined;
  let scheduled = false;
  let startedAt = Number.NEGATIVE_INFINITY;
  let failure: { readonly error: unknown } | undefined;
  let waiting: { ready: () => boolean; resolve: () => void; reject: (error: unknown) => void }[] = [];

  const isFull = () => pending.records >= limits.queueRecords || pending.bytes >= limits.queueBytes;

  const wake = () => {
    const still: typeof waiting = [];
    for (const waiter of waiting) {
      if (failure !== undefined) waiter.reject(failure.error);
      else if (waiter.ready()) waiter.resolve();
      else still.push(waiter);
    }
    waiting = still;
  };
  const until = (ready: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      waiting.push({ ready, resolve, reject });
      wake();
    });

  const schedule = () => {
    if (scheduled || inFlight !== undefined || failure !== undefined || queue.length === 0) return;
    scheduled = true;
    const waitMs = startedAt + limits.requestIntervalMs - performance.now();
    // At least after this turn of the event loop, so that all updates of one network packet share a request.
    if (waitMs > 0) setTimeout(sendNext, waitMs);
    else setImmediate(sendNext);
  };

  const sendNext = async () => {
    scheduled = false;
    startedAt = performance.now();
    const entries = takeRequest(queue, limits);
    queue = queue.slice(entries.length);
    const request = { slot: entries.at(-1)?.slot };
    inFlight = request;
    const records = entries.map((entry) => entry.record);
    try {
      await send(records);
      inFlight = undefined;
      pending.records -= entries.length;
      for (const { bytes } of entries) pending.bytes -= bytes;
      onAcknowledged({ records, slot: request.slot });
      schedule();
    } catch (error) {
      failure = { error };
      onFailed();
    }
    wake();
  };

  return {
    /** Takes a record; `slot` is the feed's position once it is published. Check `full` before. */
    add(record: OutgoingRecord, slot: bigint | undefined): void {
      const entry = { record, bytes: recordBytes(record), slot };
      queue.push(entry);
      pending.records += 1;
      pending.bytes += entry.bytes;
      schedule();
    },
    /** The feed moved to `slot` without a record. */
    advance(slot: bigint): void {
      const last = queue.at(-1) ?? inFlight;
      if (last !== undefined) last.slot = slot;
      else if (failure === undefined) onAcknowledged({ records: [], slot });
    },
    get full(): boolean {
      return isFull();
    },
    /** Resolves when there is room again or `signal` aborts; rejects once sending has failed for good. */
    async room(signal: AbortSignal): Promise<void> {
      signal.addEventListener('abort', wake, { once: true });
      try {
        await until(() => signal.aborted || !isFull());
      } finally {
        signal.removeEventListener('abort', wake);
      }
    },
    /** Resolves when everything added so far is acknowledged; rejects once sending has failed for good. */
    drain: () => until(() => pending.records === 0),
    /** What is not acknowledged yet. */
    get pending(): Readonly<typeof pending> {
      return { ...pending };
    },
  };
}

/** The entries of the next request: as many as the limits allow, at least one. */
export function takeRequest<T extends { readonly bytes: number }>(
  queue: readonly T[],
  limits: Pick<PublisherLimits, 'requestRecords' | 'requestBytes'>,
): readonly T[] {
  let count = 0;
  let bytes = 0;
  while (count < queue.length && count < limits.requestRecords) {
    bytes += queue[count]?.bytes ?? 0;
    if (count > 0 && bytes > limits.requestBytes) break;
    count += 1;
  }
  return queue.slice(0, count);
}
