import { ConnectError } from '../../core/errors.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { causeLines, explainTrace, formatSuspects } from '../wait/failure.ts';
import type { MskConnector, WorkerLog } from './api.ts';
import type { MskApi } from './sdk/connect-api.ts';
import type { ReadWorkerLog } from './sdk/worker-log.ts';

/** A log is not read for every look: that takes longer than a look, and is throttled. */
const LOG_LASTS_MS = 5_000;

/** What the workers have logged of a connector's failures since it runs as it does now. Never rejects. */
export type ReadFailures = (connector: MskConnector) => Promise<WorkerLog>;

/**
 * Reads the failures of a connector's present tasks: what was logged before its last operation, or before it was created, is
 * of tasks that are gone.
 */
export function createFailures(api: MskApi, read: ReadWorkerLog, lastMs = LOG_LASTS_MS): ReadFailures {
  const known = new Map<string, { readonly until: number; readonly log: Promise<WorkerLog> }>();
  const readSince = async (connector: MskConnector): Promise<WorkerLog> => {
    try {
      const started = (await api.operations(connector)).map(({ startedAt }) => startedAt);
      const since = Math.max(connector.createdAt ?? 0, ...started);
      return await read(connector.name, { since, enough: Number(connector.config['tasks.max'] ?? '1') });
    } catch (error) {
      const { message } = ConnectError.from(error);
      return { traces: [], note: `the workers' log was not read, because ${message}` };
    }
  };
  return (connector) => {
    const { arn, currentVersion, state } = connector;
    const key = `${arn} ${currentVersion} ${state}`;
    const entry = known.get(key);
    if (entry !== undefined && Date.now() < entry.until) return entry.log;
    const log = readSince(connector);
    known.set(key, { until: Date.now() + lastMs, log });
    return log;
  };
}

/** What a log says of a stream's sink, for an error: each cause once, what to do, and why there may be more. */
export function toldByLog({ traces, note }: WorkerLog, stream: StreamDefinition) {
  const found = traces.map(({ text }) => explainTrace(text, stream));
  const failures = [...new Map(found.map((failure) => [failure.cause, failure])).values()];
  return {
    lines: [...failures.flatMap(causeLines), ...(note === undefined ? [] : [`  note    ${note}`])],
    details: {
      failures: failures.map(({ cause, suspects, hint }) => ({ cause, record: formatSuspects(suspects), hint })),
      ...(note === undefined ? {} : { note }),
    },
    hint: failures.find(({ hint }) => hint !== undefined)?.hint,
  };
}

/**
 * An error of the service with the causes that the workers have logged: for a connector that is FAILED, and for an update that
 * failed or was taken back, of which the service says little. Any other error stays as it is.
 */
export async function withLoggedCauses(
  error: unknown,
  { stream, log }: { readonly stream: StreamDefinition; readonly log: () => Promise<WorkerLog> },
): Promise<unknown> {
  if (!(error instanceof ConnectError)) return error;
  const { operation, state, failures } = error.details;
  if (failures !== undefined || (operation === undefined && state !== 'FAILED')) return error;
  const told = toldByLog(await log(), stream);
  return new ConnectError(error.code, [error.message, ...told.lines].join('\n'), {
    cause: error.cause,
    details: { ...error.details, ...told.details },
    hint: told.hint ?? error.hint,
  });
}
