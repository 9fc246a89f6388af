/** How much may wait between the socket and the reader. */
export interface QueueLimits {
  readonly items: number;
  readonly bytes: number;
}

export interface EventQueue<T> extends AsyncIterable<T> {
  push(item: T, bytes: number): void;
  /** Nothing more will come; with an error, reading ends by throwing it once what waits has been read. */
  end(error?: unknown): void;
}

/**
 * Joins a source that pushes to a reader that pulls. `pause` is called when a limit is reached and `resume` when half of
 * it has been read; `onReturn` when the reader leaves early. An iterator by hand instead of an async generator, because
 * this stands in the path of every update.
 */
export function createEventQueue<T>(options: {
  readonly limits: QueueLimits;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly onReturn: () => void;
}): EventQueue<T> {
  const { limits } = options;
  let items: { readonly item: T; readonly bytes: number }[] = [];
  let head = 0;
  let bytes = 0;
  let paused = false;
  let ended: { readonly error: unknown } | undefined;
  let reader: { resolve: (result: IteratorResult<T>) => void; reject: (error: unknown) => void } | undefined;

  const take = (): T => {
    const { item, bytes: size } = items[head] as { item: T; bytes: number };
    head += 1;
    bytes -= size;
    if (head === items.length) {
      items = [];
      head = 0;
    }
    if (paused && items.length - head <= limits.items / 2 && bytes <= limits.bytes / 2) {
      paused = false;
      options.resume();
    }
    return item;
  };

  const iterator: AsyncIterator<T> = {
    next() {
      if (head < items.length) return Promise.resolve({ value: take(), done: false });
      if (ended?.error !== undefined) {
        const { error } = ended;
        ended = { error: undefined };
        return Promise.reject(error);
      }
      if (ended !== undefined) return Promise.resolve({ value: undefined, done: true });
      return new Promise((resolve, reject) => {
        reader = { resolve, reject };
      });
    },
    return() {
      ended ??= { error: undefined };
      options.onReturn();
      return Promise.resolve({ value: undefined, done: true });
    },
  };

  return {
    push(item, size) {
      if (ended !== undefined) return;
      if (reader !== undefined) {
        const { resolve } = reader;
        reader = undefined;
        resolve({ value: item, done: false });
        return;
      }
      items.push({ item, bytes: size });
      bytes += size;
      if (!paused && (items.length - head >= limits.items || bytes >= limits.bytes)) {
        paused = true;
        options.pause();
      }
    },
    end(error) {
      if (ended !== undefined) return;
      ended = { error };
      const waiting = reader;
      reader = undefined;
      if (waiting === undefined) return;
      if (error === undefined) waiting.resolve({ value: undefined, done: true });
      else {
        ended = { error: undefined };
        waiting.reject(error);
      }
    },
    [Symbol.asyncIterator]: () => iterator,
  };
}
