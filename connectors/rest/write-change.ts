import { ConnectError, ifFound } from '../../core/errors.ts';
import { waitFor } from '../../core/retry.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { StartOffset } from '../plan/start-plan.ts';
import { type RequestedState, requestedState } from '../run-state.ts';
import type { ObservedSink, SinkConfig } from '../sink-config.ts';
import { withRetry } from '../wait/retry-policy.ts';
import type { DeployOutcome, Wait } from '../wait/wait.ts';
import type { RestApi } from './api.ts';
import { restOffsets } from './offsets.ts';

/** A change of a connector as it is to be written. */
export interface SinkChange {
  readonly stream: StreamDefinition;
  readonly outcome: Exclude<DeployOutcome, 'unchanged'>;
  readonly config: SinkConfig;
  /** Whether settings change; false where only the run state does. */
  readonly configChanges: boolean;
  /** The state afterwards. */
  readonly state: RequestedState;
  readonly before: ObservedSink | undefined;
  /** Where a connector begins that is created; empty: where its group stopped, else at the oldest record. */
  readonly start: readonly StartOffset[];
}

/**
 * Writes a change so that a sink never runs with the new configuration if it should be held back: such a sink is held back
 * first, and one that should run again gets its configuration first. `wrote` is called after each step that changed something.
 */
export async function writeChange(api: RestApi, change: SinkChange, wait: Wait, wrote: () => void): Promise<void> {
  const { outcome, config, state } = change;
  const { name } = change.stream.sink;
  if (outcome === 'replaced') {
    await withRetry(() => removeIfThere(api, name), wait.signal);
    wrote();
  }
  if (outcome !== 'updated') return create(api, change, wait, wrote);
  const changesState = requestedState(change.before?.state ?? 'RUNNING') !== state;
  const request = async (): Promise<void> => {
    await withRetry(() => requestOf(api, state)(name), wait.signal);
    wrote();
  };
  if (changesState && state !== 'RUNNING') await request();
  if (change.configChanges) {
    await putOnce(api, name, config, wait);
    wrote();
  }
  if (changesState && state === 'RUNNING') await request();
}

const requestOf = (api: RestApi, state: RequestedState): ((name: string) => Promise<void>) =>
  ({ RUNNING: api.resume, PAUSED: api.pause, STOPPED: api.stop })[state];

async function create(api: RestApi, change: SinkChange, wait: Wait, wrote: () => void): Promise<void> {
  const { stream, config, state, start } = change;
  const { name } = stream.sink;
  const first = start.length > 0 ? 'STOPPED' : state;
  if (first === 'RUNNING') await putOnce(api, name, config, wait);
  else await createHeldOnce(api, { name, config, state: first }, wait);
  wrote();
  if (start.length === 0) return;
  await setOffsets(api, stream, new Map(start.map(({ partition, to }) => [partition, to])), wait);
  if (state !== 'STOPPED') await withRetry(() => requestOf(api, state)(name), wait.signal);
}

/** Sets the next offsets of a connector that was asked to stop, once it has. */
export async function setOffsets(
  api: RestApi,
  { sink: { name }, topic }: StreamDefinition,
  offsets: ReadonlyMap<number, bigint | undefined>,
  wait: Wait,
): Promise<void> {
  const { timeoutMs, signal } = wait;
  const isStopped = async () => (await api.status(name))?.state === 'STOPPED';
  await waitFor(isStopped, { what: `${name} to be STOPPED`, timeoutMs, signal });
  const all = [...offsets].map(([partition, offset]) => ({ topic: topic.name, partition, offset }));
  await restOffsets(api).set(name, all, wait);
}

/**
 * Puts a configuration. Where an answer was lost, the cluster is asked before the call is made again: what it has taken is not
 * sent twice, because each PUT restarts every task.
 */
const putOnce = (api: RestApi, name: string, config: SinkConfig, { signal }: Wait): Promise<void> =>
  withRetry(async (attempt) => {
    if (attempt > 1 && isSame(await api.config(name), config)) return;
    await api.putConfig(name, config);
  }, signal);

const createHeldOnce = (
  api: RestApi,
  { name, config, state }: { name: string; config: SinkConfig; state: 'PAUSED' | 'STOPPED' },
  { signal }: Wait,
): Promise<void> =>
  withRetry(async (attempt) => {
    const live = attempt > 1 ? await api.config(name) : undefined;
    if (isSame(live, config)) return;
    if (live !== undefined) {
      throw new ConnectError('REFUSED', `${name} was created by somebody else meanwhile`, {
        hint: '`connect plan` shows how it stands now',
      });
    }
    await api.createHeld(name, config, state);
  }, signal);

/** Whether a live configuration is this one, to the letter; Connect adds the name where it is missing. */
export function isSame(live: SinkConfig | undefined, config: SinkConfig): boolean {
  if (live === undefined) return false;
  const keys = new Set([...Object.keys(live), ...Object.keys(config)]);
  return [...keys].every((key) => live[key] === config[key] || (key === 'name' && config[key] === undefined));
}

/** Removes a connector; one that is gone already is as good. */
export const removeIfThere = (api: RestApi, name: string): Promise<void> => ifFound(api.remove(name));
