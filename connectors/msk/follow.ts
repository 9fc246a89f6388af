import { ConnectError } from '../../core/errors.ts';
import { waitFor } from '../../core/retry.ts';
import type { Wait } from '../wait/wait.ts';
import type { MskConnector, MskOperation, MskState, NamedConnector, ServiceReason } from './api.ts';
import type { MskApi } from './sdk/connect-api.ts';

const STEADY: readonly MskState[] = ['RUNNING', 'FAILED', 'PAUSED'];
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

const isSteady = ({ state }: Pick<MskConnector, 'state'>): boolean => STEADY.includes(state);

const growing = (looks: number): number => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 1.3 ** (looks - 1));

const waiting = ({ timeoutMs, pollMs, signal }: Wait, what: string | (() => string)) => ({
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
  const awaited = () =>
    reported === undefined
      ? `${api.label} to show ${name}`
      : `${name} to end what it is at: it is ${reported} on ${api.label}, and goes on without us`;
  const found = await waitFor(
    async (signal) => {
      const connector = await api.within({ signal }).find(name);
      if (connector === undefined) return 'none';
      if (isSteady(connector)) return connector;
      if (connector.state !== reported) note(wait, `is ${connector.state}`);
      reported = connector.state;
      return undefined;
    },
    waiting(wait, awaited),
  );
  return found === 'none' ? undefined : found;
}

/** Waits until the connector is gone. Errors: TIMEOUT. */
export const waitUntilGone = (api: MskApi, name: string, wait: Wait): Promise<true> =>
  waitFor(
    async (signal) => (await api.within({ signal }).find(name)) === undefined,
    waiting(wait, `${name} to be gone from ${api.label}`),
  );

/** Waits for what is being made: a plugin until it is ACTIVE. `probe` returns undefined while it is not there. */
export const waitUntilMade = <T>(
  what: string,
  wait: Wait,
  probe: (signal: AbortSignal) => Promise<T | undefined>,
): Promise<T> => waitFor(probe, waiting(wait, what));

/**
 * Follows an operation to its end. A failed update may still be on its way back, so the end only counts once the connector
 * is steady again. That the connector is RUNNING proves nothing: it also is after the service has gone back.
 */
export async function followOperation(
  api: MskApi,
  { name, operationArn }: { readonly name: string; readonly operationArn: string },
  wait: Wait,
): Promise<MskOperation> {
  const line = await waitUntilEnded(api, { name, operationArn }, wait);
  await waitUntilSteady(api, name, wait);
  const operation = await api.operation(operationArn);
  if (operationText(operation) !== line) note(wait, operationText(operation));
  return operation;
}

/** Returns the line that was noted last. */
async function waitUntilEnded(
  api: MskApi,
  { name, operationArn }: { readonly name: string; readonly operationArn: string },
  wait: Wait,
): Promise<string> {
  let reported = '';
  await waitFor(
    async (signal) => {
      const operation = await api.within({ signal }).operation(operationArn);
      const line = operationText(operation);
      if (line !== reported) note(wait, line);
      reported = line;
      return hasEnded(operation);
    },
    waiting(wait, () => `the operation on ${name} to end: ${reported}; it goes on without us`),
  );
  return reported;
}

const hasEnded = ({ state }: Pick<MskOperation, 'state'>): boolean => /_(COMPLETE|FAILED)$/.test(state);

/**
 * Waits for operations of others that are in progress, also while the connector looks steady; returns whether there were any.
 * Errors: TIMEOUT, what the service throws.
 */
export async function waitUntilFree(api: MskApi, connector: NamedConnector, wait: Wait): Promise<boolean> {
  const busy = (await api.operations(connector)).filter((one) => !hasEnded(one));
  for (const { arn, type } of busy) {
    note(wait, `${type} is in progress, and is waited for`);
    await waitUntilEnded(api, { name: connector.name, operationArn: arn }, wait);
  }
  return busy.length > 0;
}

/** Operations that are no update. */
export type PlainOperation = 'PAUSE_CONNECTOR' | 'RESUME_CONNECTOR' | 'RESTART_CONNECTOR';

const TRIES = 4;

/**
 * Asks for an operation and follows it to its end. A refusal is looked into: where the answer to a first try was lost, the
 * operation that it began is followed; another one in progress is waited for, and then it is asked for again.
 * Errors: REFUSED with steps and reason when it failed, TIMEOUT, what the service throws.
 */
export async function runOperation(
  api: MskApi,
  connector: NamedConnector,
  type: PlainOperation,
  ask: (api: MskApi) => Promise<string>,
  wait: Wait,
): Promise<void> {
  const { name } = connector;
  const before = new Set((await api.operations(connector)).map(({ arn }) => arn));
  for (let attempt = 1; ; attempt += 1) {
    const operationArn = await ask(api).catch(async (error: unknown) => {
      if (!isAnswered(error)) throw error;
      const ours = (await api.operations(connector)).find((one) => one.type === type && !before.has(one.arn));
      if (ours !== undefined) return ours.arn;
      if (attempt < TRIES && (await waitUntilFree(api, connector, wait))) return undefined;
      throw error;
    });
    if (operationArn === undefined) continue;
    const operation = await followOperation(api, { name, operationArn }, wait);
    if (hasSucceeded(operation)) return;
    throw operationError(name, operation);
  }
}

/** Deletes a connector; another operation in progress is waited for first. Errors: TIMEOUT, what the service throws. */
export async function removeConnector(api: MskApi, connector: MskConnector, wait: Wait): Promise<void> {
  await api.remove(connector).catch(async (error: unknown) => {
    if (!isAnswered(error)) throw error;
    const now = await api.find(connector.name);
    if (now === undefined || now.state === 'DELETING') return;
    if (!(await waitUntilFree(api, connector, wait)) && isSteady(now)) throw error;
    const free = await waitUntilSteady(api, connector.name, wait);
    if (free !== undefined) await api.remove(free);
  });
}

/** The service said no, or could not be understood to have said yes: what it did has to be looked at. */
export const isAnswered = (error: unknown): boolean =>
  error instanceof ConnectError && ['REFUSED', 'NOT_READY', 'UNREACHABLE', 'TIMEOUT'].includes(error.code);

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
