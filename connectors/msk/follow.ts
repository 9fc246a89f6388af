import { ConnectError } from '../../core/errors.ts';
import { waitFor } from '../../core/retry.ts';
import type { MskApi, MskConnector, MskOperation, MskState } from './api.ts';

/** How a wait goes. */
export interface MskWait {
  /** Bound of one wait. */
  readonly timeoutMs: number;
  /** Default: short pauses at first, then 5 s, because the service takes minutes and throttles who asks often. */
  readonly pollMs?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: MskEvent) => void;
}

/** What is told while something goes on. */
export type MskEvent =
  | { readonly kind: 'state'; readonly state: MskState }
  | { readonly kind: 'operation'; readonly operation: MskOperation }
  | { readonly kind: 'note'; readonly text: string };

const STEADY: readonly MskState[] = ['RUNNING', 'FAILED', 'PAUSED'];
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

export const isSteady = ({ state }: Pick<MskConnector, 'state'>): boolean => STEADY.includes(state);

const growing = (looks: number): number => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 1.3 ** (looks - 1));

const waiting = ({ timeoutMs, pollMs, signal }: MskWait, what: string) => ({
  what,
  timeoutMs,
  everyMs: pollMs ?? growing,
  ...(signal === undefined ? {} : { signal }),
});

/** Waits until nothing changes the connector any more; undefined when it does not exist. Errors: TIMEOUT, what the service throws. */
export async function waitUntilSteady(api: MskApi, name: string, wait: MskWait): Promise<MskConnector | undefined> {
  let told: MskState | undefined;
  const found = await waitFor(
    async () => {
      const connector = await api.find(name);
      if (connector === undefined) return 'none';
      if (isSteady(connector)) return connector;
      if (connector.state !== told) wait.onEvent?.({ kind: 'state', state: connector.state });
      told = connector.state;
      return undefined;
    },
    waiting(wait, `${name} to leave its state on ${api.label}`),
  );
  return found === 'none' ? undefined : found;
}

/** Waits until the connector is gone. Errors: TIMEOUT. */
export const waitUntilGone = (api: MskApi, name: string, wait: MskWait): Promise<true> =>
  waitFor(
    async () => ((await api.find(name)) === undefined ? true : undefined),
    waiting(wait, `${name} to be gone from ${api.label}`),
  );

/** Waits for what is being made: a plugin until it is ACTIVE. `probe` returns undefined while it is not there. */
export const waitUntilMade = <T>(what: string, wait: MskWait, probe: () => Promise<T | undefined>): Promise<T> =>
  waitFor(probe, waiting(wait, what));

/**
 * Follows an operation to its end. A failed update may still be on its way back, so the end is only told once the connector
 * is steady again. That the connector is RUNNING proves nothing: it also is after the service has gone back.
 */
export async function followOperation(
  api: MskApi,
  { name, operationArn }: { readonly name: string; readonly operationArn: string },
  wait: MskWait,
): Promise<MskOperation> {
  let told = '';
  await waitFor(
    async () => {
      const operation = await api.operation(operationArn);
      const line = JSON.stringify([operation.state, operation.steps]);
      if (line !== told) wait.onEvent?.({ kind: 'operation', operation });
      told = line;
      return /_(COMPLETE|FAILED)$/.test(operation.state) ? operation : undefined;
    },
    waiting(wait, `the operation on ${name} to end`),
  );
  await waitUntilSteady(api, name, wait);
  return api.operation(operationArn);
}

/** Whether the service did what was asked. A rollback that is complete is none of it. */
export const hasSucceeded = ({ state }: MskOperation): boolean =>
  /^(UPDATE|PAUSE|RESUME|RESTART)_COMPLETE$/.test(state);

/** What an operation came to, for messages: each step, and why it failed in the service's own words. */
export function operationError(name: string, operation: MskOperation): ConnectError {
  const { state, steps, error, type } = operation;
  const told = error === undefined ? [] : [`  reason  ${[error.code, error.message].filter(Boolean).join(': ')}`];
  const lines = steps.map((step) => `  step    ${step.type} ${step.state}`);
  return new ConnectError('REFUSED', [`${name}: ${type} ended in ${state}`, ...lines, ...told].join('\n'), {
    details: { connector: name, operation: { type, state, steps, ...(error === undefined ? {} : { error }) } },
    hint: hintFor(operation),
  });
}

const hintFor = ({ error }: MskOperation): string =>
  error?.code.startsWith('UnknownError') === true
    ? "the service does not say why; its workers' log does (connect.logs of the environment)"
    : "the workers' log says more (connect.logs of the environment)";
