/** Answers that are kept for a while. */
export interface Remembered<T> {
  /** Asks again only after the time; until then the answer is the last one. One that was an error is asked for anew. */
  get(name: string): Promise<T>;
  /** What is known of one name, or of all, is no longer so. */
  forget(name?: string): void;
}

/** Whoever looks often must not ask as often. 0 ms: each time. */
export function remember<T>(ask: (name: string) => Promise<T>, forMs: number): Remembered<T> {
  const known = new Map<string, { readonly at: number; readonly answer: Promise<T> }>();
  return {
    get(name) {
      const last = known.get(name);
      if (last !== undefined && Date.now() - last.at < forMs) return last.answer;
      const answer = ask(name);
      known.set(name, { at: Date.now(), answer });
      answer.catch(() => known.delete(name));
      return answer;
    },
    forget(name) {
      if (name === undefined) known.clear();
      else known.delete(name);
    },
  };
}
