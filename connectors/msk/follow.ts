import { ConnectError } from '../../core/errors.ts';
import { waitFor } from '../../core/retry.ts';
import type { Wait } from '../wait/wait.ts';
import type { MskConnector, MskOperation, MskState, ServiceReason } from './api.ts';
import type { MskApi } from './sdk/connect-api.ts';

const STEADY: readonly MskState[] = ['RUNNING', 'FAILED', 'PAUSED'];
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

const isSteady = ({ state }: Pick<MskConnector, 'state'>): boolean => STEADY.includes(state);

const growing = (looks: number): number => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 1.3 ** (looks - 1));

const waiting = ({ timeoutMs, pollMs, signal }: Wait, what: string) => ({
  what,
  timeoutMs,
  everyMs: pollMs ?? growing,
  signal,
});

/** Says what the service is at. */
export const note = ({ onEvent }: Pick<Wait, 'onEvent'>, text: string): void => onEvent?.({ kind: 'note', text });

function operationText({ type, state, steps }: MskOperation): string {
  const step = steps.find((one) => one.state !== 'COMPLETED');
  return `${type} ${state}${step === undefined ? '' : `, at ${step.type}`}`;
}

/** Waits until nothing changes the connector any more; undefined when it does not exist. Errors: TIMEOUT, what the service throws. */
export async function waitUntilSteady(api: MskApi, name: string, wait: Wait): Promise<MskConnector | undefined> {
  let reported: MskState | undefined;
  const found = await waitFor(
    async () => {
      const connector = await api.find(name);
      if (connector === undefined) return 'none';
      if (isSteady(connector)) return connector;
      if (connector.state !== reported) note(wait, `is ${connector.state}`);
      reported = connector.state;
      return undefined;
    },
    waiting(wait, `${name} to leave its state on ${api.label}`),
  );
  return found === 'none' ? undefined : found;
}

/** Waits until the connector is gone. Errors: TIMEOUT. */
export const waitUntilGone = (api: MskApi, name: string, wait: Wait): Promise<true> =>
  waitFor(async () => (await api.find(name)) === undefined, waiting(wait, `${name} to be gone from ${api.label}`));

/** Waits for what is being made: a plugin until it is ACTIVE. `probe` returns undefined while it is not there. */
export const waitUntilMade = <T>(what: string, wait: Wait, probe: () => Promise<T | undefined>): Promise<T> =>
  waitFor(probe, waiting(wait, what));

/**
 * Follows an operation to its end. A failed update may still be on its way back, so the end only counts once the connector
 * is steady again. That the connector is RUNNING proves nothing: it also is after the service has gone back.
 */
export async function followOperation(
  api: MskApi,
  { name, operationArn }: { readonly name: string; readonly operationArn: string },
  wait: Wait,
): Promise<MskOperation> {
  let reported = '';
  await waitFor(
    async () => {
      const operation = await api.operation(operationArn);
      const line = operationText(operation);
      if (line !== reported) note(wait, line);
      reported = line;
      return /_(COMPLETE|FAILED)$/.test(operation.state) ? operation : undefined;
    },
    waiting(wait, `the operation on ${name} to end`),
  );
  await waitUntilSteady(api, name, wait);
  return api.operation(operationArn);
}

/** Asks for an operation and follows it to its end. Errors: REFUSED with steps and reason when it failed, TIMEOUT, what the service throws. */
export async function runOperation(api: MskApi, name: string, ask: () => Promise<string>, wait: Wait): Promise<void> {
  const operation = await followOperation(api, { name, operationArn: await ask() }, wait);
  if (!hasSucceeded(operation)) throw operationError(name, operation);
}

/** Why a connector is as it is. */
export const reasonText = (reason: ServiceReason | undefined): string =>
  reason === undefined ? 'the service does not say why' : `${reason.code}: ${reason.message}`;

/** Whether the service did what was asked; a rollback that is complete did not. */
export const hasSucceeded = ({ state }: MskOperation): boolean =>
  /^(UPDATE|PAUSE|RESUME|RESTART)_COMPLETE$/.test(state);

/** What an operation came to, for messages: each step, and why it failed in the service's own words. */
export function operationError(name: string, operation: MskOperation): ConnectError {
  const { state, steps, error, type } = operation;
  const reason = error === undefined ? [] : [`  reason  ${[error.code, error.message].filter(Boolean).join(': ')}`];
  const lines = steps.map((step) => `  step    ${step.type} ${step.state}`);
  return new ConnectError('REFUSED', [`${name}: ${type} ended in ${state}`, ...lines, ...reason].join('\n'), {
    details: { connector: name, operation: { type, state, steps, error } },
    hint: hintFor(operation),
  });
}

const hintFor = ({ error }: MskOperation): string =>
  error?.code.startsWith('UnknownError') === true
    ? "the service does not say why; its workers' log does (connect.logs of the environment)"
    : "the workers' log says more (connect.logs of the environment)";
