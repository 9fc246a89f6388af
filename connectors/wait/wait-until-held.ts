import { waitFor } from '../../core/retry.ts';
import { isIn, type RequestedState } from '../run-state.ts';
import type { ObservedSink } from '../sink-config.ts';
import type { Wait } from './wait.ts';

/** A sink that has to be PAUSED or STOPPED. */
export interface HeldSink {
  readonly name: string;
  observe(): Promise<ObservedSink | undefined>;
  /** Members of the sink's group now. */
  members(): Promise<ReadonlySet<string> | undefined>;
}

/** Waits until connector and tasks are really in a state, a stopped one's consumers gone. Errors: TIMEOUT. */
export const waitUntilHeld = (
  { name, observe, members }: HeldSink,
  state: Exclude<RequestedState, 'RUNNING'>,
  { timeoutMs, signal }: Wait,
): Promise<ObservedSink> =>
  waitFor(
    async () => {
      const sink = await observe();
      if (sink === undefined || !isIn(sink, state)) return undefined;
      // Consumers of stopped tasks may outlive their status; while one is left, offsets cannot be changed.
      if (state === 'STOPPED' && ((await members())?.size ?? 0) > 0) return undefined;
      return sink;
    },
    { what: `${name} to be ${state}`, timeoutMs, signal },
  );
