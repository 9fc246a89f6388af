import { openEnvironment } from '../../app/session.ts';
import { type WatchEvent, type WatchOptions, watch } from '../../app/watch.ts';
import { eventually } from './eventually.ts';
import type { TestProject } from './project.ts';

/** `connect watch` in this process. */
export interface StartedWatch {
  /** All that it has told so far. */
  readonly events: readonly WatchEvent[];
  /** The next event that is so, from now on. */
  next(is: (event: WatchEvent) => boolean): Promise<WatchEvent>;
  close(): Promise<void>;
}

/** Starts it on the streams of a project. Returns once it acts on them. */
export async function startWatch(
  { reload, root, env }: TestProject,
  { only, ...options }: Partial<WatchOptions> & { readonly only: readonly string[] },
): Promise<StartedWatch> {
  const stop = new AbortController();
  const events: WatchEvent[] = [];
  const session = openEnvironment(reload(), undefined, { cwd: root, env, signal: stop.signal, learn: () => {}, only });
  const ended = watch(session, {
    everyMs: 500,
    once: false,
    isDryRun: false,
    quarantineBudget: 0,
    notify: [],
    ...options,
    onEvent: (event) => void events.push(event),
  });
  const next: StartedWatch['next'] = (is) => {
    const from = events.length;
    return eventually(
      () => {
        const found = events.slice(from).find(is);
        if (found === undefined) throw new Error(`watch has told: ${JSON.stringify(events.slice(from))}`);
        return found;
      },
      { timeoutMs: 30_000 },
    );
  };
  await Promise.race([next(({ event }) => event === 'watch.leads'), ended]);
  return {
    events,
    next,
    async close() {
      stop.abort();
      await ended;
    },
  };
}
