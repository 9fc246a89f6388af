import { ConnectError } from '../../core/errors.ts';
import { retry } from '../../core/retry.ts';
import type { SinkConfig } from '../render/render-sink.ts';
import type { ConnectorStatus, ConnectTarget } from '../targets/target.ts';
import { order, orderedState, type WantedState } from '../wait/run-state.ts';
import { PATIENCE } from '../wait/settle.ts';
import type { DeployOptions, DeployOutcome } from './deploy.ts';
import { commitStart } from './start-offsets.ts';

/** A change of a connector as it is to be written. */
export interface SinkChange {
  readonly outcome: Exclude<DeployOutcome, 'unchanged'>;
  readonly config: SinkConfig;
  /** Whether settings change; false where only the run state does. */
  readonly configChanges: boolean;
  /** What it is to be afterwards. */
  readonly state: WantedState;
  readonly before: ConnectorStatus | undefined;
}

/**
 * Writes a change, so that the new configuration never runs where it is not to: who is to be held back is held back first, who
 * is to run again gets its configuration first. `wrote` is called after each step that has changed something.
 */
export async function applyChange(options: DeployOptions, change: SinkChange, wrote: () => void): Promise<void> {
  const { target } = options;
  const name = options.stream.sink.name;
  const patiently = patience(options);
  if (change.outcome === 'replaced') {
    await patiently(() => removeIfThere(target, name));
    wrote();
  }
  if (change.outcome !== 'updated') return create(options, change, wrote);
  const orders = orderedState(change.before?.state) !== change.state;
  const holds = change.state !== 'RUNNING';
  const tell = async (): Promise<void> => {
    await patiently(() => order(target, name, change.state));
    wrote();
  };
  if (orders && holds) await tell();
  if (change.configChanges) {
    await putAdopting(options, change.config);
    wrote();
  }
  if (orders && !holds) await tell();
}

async function create(options: DeployOptions, { config, state }: SinkChange, wrote: () => void): Promise<void> {
  const { target, stream, timeoutMs, start = [] } = options;
  const name = stream.sink.name;
  const first = start.length > 0 ? 'STOPPED' : state;
  if (first === 'RUNNING') await putAdopting(options, config);
  else await createHeldAdopting(options, config, first);
  wrote();
  if (start.length === 0) return;
  const offsets = new Map(start.map(({ partition, to }) => [partition, to]));
  await commitStart(target, { name, topic: stream.topic.name, timeoutMs }, offsets);
  if (state !== 'STOPPED') await patience(options)(() => order(target, name, state));
}

/**
 * Puts a configuration. Where an answer was lost, the cluster is asked before the call is made again: what it has taken is not
 * sent twice, because each PUT restarts every task.
 */
export function putAdopting(
  options: Pick<DeployOptions, 'target' | 'stream' | 'signal'>,
  config: SinkConfig,
): Promise<void> {
  const { target } = options;
  const { name } = options.stream.sink;
  return patience(options)(async (attempt) => {
    if (attempt > 1 && isSame(await target.config(name), config)) return;
    await target.putConfig(name, config);
  });
}

function createHeldAdopting(options: DeployOptions, config: SinkConfig, state: 'PAUSED' | 'STOPPED'): Promise<void> {
  const { target } = options;
  const { name } = options.stream.sink;
  return patience(options)(async (attempt) => {
    const live = attempt > 1 ? await target.config(name) : undefined;
    if (isSame(live, config)) return;
    if (live !== undefined) {
      throw new ConnectError('REFUSED', `${name} was created by somebody else meanwhile`, {
        hint: '`connect plan` shows how it stands now',
      });
    }
    await target.createHeld(name, config, state);
  });
}

/** Whether a live configuration is this one, to the letter; Connect adds the name where it is missing. */
export function isSame(live: SinkConfig | undefined, config: SinkConfig): boolean {
  if (live === undefined) return false;
  const keys = new Set([...Object.keys(live), ...Object.keys(config)]);
  return [...keys].every((key) => live[key] === config[key] || (key === 'name' && config[key] === undefined));
}

/** Tries again while the cluster rebalances, a worker restarts or answers get lost, a bounded number of times. */
export const patience =
  ({ signal }: Pick<DeployOptions, 'signal'>) =>
  <T>(task: (attempt: number) => Promise<T>): Promise<T> =>
    retry(task, { ...PATIENCE, ...(signal === undefined ? {} : { signal }) });

/** Removes a connector; one that is gone already is as good. */
export async function removeIfThere(target: ConnectTarget, name: string): Promise<void> {
  try {
    await target.remove(name);
  } catch (error) {
    if (!(error instanceof ConnectError) || error.code !== 'NOT_FOUND') throw error;
  }
}
