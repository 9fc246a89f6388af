import { isDeepStrictEqual } from 'node:util';
import { ConnectError } from '../../core/errors.ts';
import { restorable } from '../plan/compare-configs.ts';
import type { Wait } from '../wait/wait.ts';
import type { ConnectorUpdate, MskConnector, MskOperation, WorkerSettings } from './api.ts';
import { capacityFacts } from './facts.ts';
import {
  followOperation,
  hasSucceeded,
  isAnswered,
  operationError,
  reasonText,
  waitUntilFree,
  waitUntilSteady,
} from './follow.ts';
import type { MskApi } from './sdk/connect-api.ts';

const TRIES = 4;

/**
 * Sends one update and follows its operation to the end; returns the connector as it is then, which is as wanted. A refusal
 * is looked into: another operation is waited for, a newer version that changed nothing of ours is used, and an update whose
 * answer was lost is recognised by what it did.
 * Errors: REFUSED with steps and reason when the operation failed, was rolled back, or changed nothing; what the service throws.
 */
export async function updateConnector(
  api: MskApi,
  connector: MskConnector,
  update: ConnectorUpdate,
  wait: Wait,
): Promise<MskConnector> {
  const { name } = connector;
  let current = connector;
  for (let attempt = 1; ; attempt += 1) {
    let operationArn: string;
    try {
      operationArn = await api.update(current, update);
    } catch (error) {
      if (!isAnswered(error)) throw error;
      const { now, wasBusy } = await lookAgain(api, name, wait);
      if (isDone(now, update)) return now;
      const isOlder = now.currentVersion !== current.currentVersion;
      if (attempt >= TRIES || !(wasBusy || isOlder)) throw error;
      if (isOlder && !isAlike(now, connector)) throw changedMeanwhile(name, error);
      current = now;
      continue;
    }
    const operation = await followOperation(api, { name, operationArn }, wait);
    const now = await waitUntilSteady(api, name, wait);
    if (now === undefined) throw new ConnectError('NOT_FOUND', `${name} was deleted meanwhile`);
    if (!hasSucceeded(operation)) throw operationError(name, operation);
    if (now.state === 'FAILED') throw failedConnector(now);
    if (!isDone(now, update)) throw silentlyUndone(now, operation, update);
    return now;
  }
}

/** The connector once nothing changes it any more, and whether something did. */
async function lookAgain(api: MskApi, name: string, wait: Wait): Promise<{ now: MskConnector; wasBusy: boolean }> {
  let wasBusy = false;
  const look = () =>
    waitUntilSteady(api, name, {
      ...wait,
      onEvent: (event) => {
        wasBusy = true;
        wait.onEvent?.(event);
      },
    });
  let now = await look();
  if (now !== undefined && (await waitUntilFree(api, now, wait))) {
    wasBusy = true;
    now = await look();
  }
  if (now === undefined) throw new ConnectError('NOT_FOUND', `${name} was deleted meanwhile`);
  return { now, wasBusy };
}

/** As `updateConnector`; the connector as it is when nothing is to be set. */
export const updateSettings = async (
  api: MskApi,
  connector: MskConnector,
  settings: WorkerSettings,
  wait: Wait,
): Promise<MskConnector> =>
  saysAnything(settings) ? updateConnector(api, connector, { kind: 'worker settings', ...settings }, wait) : connector;

/** Whether an update of these settings would be one. */
export const saysAnything = (settings: WorkerSettings): boolean =>
  Object.values(settings).some((setting) => setting !== undefined);

/** Whether the connector is what the update makes of it. */
export function isDone(connector: MskConnector, update: ConnectorUpdate): boolean {
  if (update.kind === 'configuration') {
    const wanted = comparable({ ...connector, ...update });
    // What a mask hides may be what is wanted.
    return isDeepStrictEqual(restorable(comparable(connector), wanted), wanted);
  }
  const { capacity, plugin, workerConfiguration } = update;
  return (
    (capacity === undefined || isPart(capacityFacts(capacity), capacityFacts(connector.capacity))) &&
    (plugin === undefined || isDeepStrictEqual(plugin, connector.plugin)) &&
    (workerConfiguration === undefined ||
      isDeepStrictEqual(workerConfiguration, connector.workerConfiguration ?? 'default'))
  );
}

/** Autoscaled capacity sets the number of tasks itself; the service may add the connector's name. */
function comparable({ config, capacity }: Pick<MskConnector, 'config' | 'capacity'>): Record<string, string> {
  const { name: _name, ...rest } = config;
  if (!('autoscaled' in capacity)) return rest;
  const { 'tasks.max': _tasks, ...others } = rest;
  return others;
}

const isPart = (wanted: object, live: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([key, value]) => live[key] === value);

const isAlike = (a: MskConnector, b: MskConnector): boolean => isDeepStrictEqual(updatable(a), updatable(b));

const updatable = ({ plugin, workerConfiguration, ...connector }: MskConnector) => [
  comparable(connector),
  capacityFacts(connector.capacity),
  plugin,
  workerConfiguration,
];

/** A connector that the service has given up. */
export function failedConnector({ name, reason }: MskConnector): ConnectError {
  return new ConnectError('REFUSED', `${name} is FAILED on MSK Connect\n  reason  ${reasonText(reason)}`, {
    details: { connector: name, state: 'FAILED', reason },
    hint: "the workers' log says more (connect.logs of the environment); a FAILED connector is neither updated nor restarted: remove the cause, then `connect deploy --replace` creates it again",
  });
}

const changedMeanwhile = (name: string, cause: unknown): ConnectError =>
  new ConnectError('REFUSED', `somebody else changed ${name} at the same time; it is left as it is now`, {
    cause,
    details: { connector: name, changedMeanwhile: true },
    hint: '`connect plan` shows how it stands now',
  });

function silentlyUndone(
  { name }: MskConnector,
  { type, state }: MskOperation,
  { kind }: ConnectorUpdate,
): ConnectError {
  const message = `${name}: ${type} ended in ${state}, but the ${kind} is not what was deployed`;
  return new ConnectError('REFUSED', `${message}: the service went back, or somebody changed it`, {
    details: { connector: name, operation: { type, state } },
    hint: "the workers' log says why the service went back (connect.logs of the environment)",
  });
}
