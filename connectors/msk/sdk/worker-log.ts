import type { CloudWatchLogsClient, FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { anySignal } from '../../../core/abort.ts';
import { once } from '../../../core/once.ts';
import { optionalPackage } from '../../../core/optional-package.ts';
import type { Scrub } from '../../../core/scrub.ts';
import type { MskConnect } from '../../../pipeline/msk-connect.ts';
import type { WorkerLog, WorkerTrace } from '../api.ts';
import { awsError, type CallBounds, clientOptions } from './client.ts';

const HOUR_MS = 3_600_000;
/** The newest part first: most failures are looked for while they are new, and a log group may be large. */
const PARTS_MS = [HOUR_MS, 24 * HOUR_MS, Number.POSITIVE_INFINITY];
/** Bound of one reading. */
const READ_MS = 15_000;
/** Lines of a stack trace that are read. */
const TRACE_LINES = 200;
/** Of a trace that is told; a cause stands before. */
const TRACE_CHARS = 65_536;

/** What is asked of the log. */
export interface LogQuestion {
  /** Milliseconds since 1970: what is older is of no interest. */
  readonly since: number;
  /** So many traces are enough. */
  readonly enough: number;
}

/** Reads what the workers of a connector have logged of failures. Never rejects. */
export type ReadWorkerLog = (connector: string, question: LogQuestion) => Promise<WorkerLog>;

/** The reader of the workers' log in CloudWatch; one that finds nothing where the log goes elsewhere. `signal` ends a reading. */
export function cloudWatchLog(
  { region, endpoints, logs }: MskConnect,
  scrub: Scrub,
  bounds: CallBounds = {},
): ReadWorkerLog {
  const timeoutMs = Math.min(bounds.timeoutMs ?? READ_MS, READ_MS);
  const { logGroup } = logs.cloudWatch ?? {};
  if (logGroup === undefined) return async () => ({ traces: [] });
  const open = once(
    async () => {
      const sdk = await optionalPackage(
        '@aws-sdk/client-cloudwatch-logs',
        "reading the workers' log",
        () => import('@aws-sdk/client-cloudwatch-logs'),
      );
      const client = new sdk.CloudWatchLogsClient(await clientOptions({ region, endpoint: endpoints.logs }));
      return { sdk, client };
    },
    { again: true },
  );
  return async (connector, question) => {
    const bound = AbortSignal.timeout(timeoutMs);
    const abortSignal = anySignal([bound, bounds.signal]);
    const traces: WorkerTrace[] = [];
    try {
      const { sdk, client } = await open();
      for await (const event of newestFailures({ sdk, client, logGroup, abortSignal }, connector, question)) {
        const lines = await linesAfter({ sdk, client, logGroup, abortSignal }, event);
        const { timestamp: at = 0, message = '' } = event;
        traces.push({
          at,
          task: failureIn(message, connector)?.task,
          text: scrub(traceAfter(message, lines).slice(0, TRACE_CHARS)),
        });
      }
      return { traces };
    } catch (error) {
      const note = bound.aborted
        ? `${logGroup} of CloudWatch Logs was not read to its end: that takes longer than ${timeoutMs / 1000} s`
        : awsError(error, `CloudWatch Logs could not show ${logGroup}`, scrub).message;
      return { traces, note };
    }
  };
}

interface OpenLog {
  readonly sdk: typeof import('@aws-sdk/client-cloudwatch-logs');
  readonly client: CloudWatchLogsClient;
  readonly logGroup: string;
  readonly abortSignal: AbortSignal;
}

/** The line that begins the last failure of each task and of the connector, the newest first. */
async function* newestFailures(
  { sdk, client, logGroup, abortSignal }: OpenLog,
  connector: string,
  { since, enough }: LogQuestion,
): AsyncGenerator<FilteredLogEvent> {
  const now = Date.now();
  const seen = new Set<number | undefined>();
  let endTime: number | undefined;
  for (const part of PARTS_MS) {
    const startTime = Math.max(since, now - part, 0);
    // Both words in one line; which of these lines tell a failure is decided here, because a filter cannot say "or" besides.
    const input = { logGroupName: logGroup, startTime, endTime, filterPattern: `"ERROR" "${connector}"` };
    // One event of each task is kept, however many there are.
    const newest = new Map<number | undefined, FilteredLogEvent>();
    for await (const { events = [] } of sdk.paginateFilterLogEvents({ client }, input, { abortSignal })) {
      for (const event of events) keepNewest(newest, event, connector);
    }
    for (const [task, event] of [...newest].sort(([, a], [, b]) => (b.timestamp ?? 0) - (a.timestamp ?? 0))) {
      if (seen.has(task)) continue;
      seen.add(task);
      yield event;
    }
    if (seen.size >= enough || startTime <= since) return;
    endTime = startTime - 1;
  }
}

/** More tasks than that no connector has. */
const MAX_TASKS = 1_000;

/** The last of several in one millisecond is the newest. */
function keepNewest(
  newest: Map<number | undefined, FilteredLogEvent>,
  event: FilteredLogEvent,
  connector: string,
): void {
  const failure = failureIn(event.message ?? '', connector);
  if (failure === undefined) return;
  const known = newest.get(failure.task);
  if (known === undefined ? newest.size >= MAX_TASKS : (event.timestamp ?? 0) < (known.timestamp ?? 0)) return;
  newest.set(failure.task, event);
}

/** Messages of an event's log stream from the event on. */
async function linesAfter(
  { sdk, client, logGroup, abortSignal }: OpenLog,
  { timestamp: startTime, logStreamName }: FilteredLogEvent,
): Promise<string[]> {
  const query = { logGroupName: logGroup, logStreamName, startTime, limit: TRACE_LINES, startFromHead: true };
  const { events = [] } = await client.send(new sdk.GetLogEventsCommand(query), { abortSignal });
  return events.map(({ message = '' }) => message);
}

/** How Kafka Connect 3.7 begins to tell what keeps a task, or its connector, from running. What fails while it is shut down is none. */
const FAILURES = [
  /WorkerSinkTask\{id=(?<name>\S+)-(?<task>\d+)\} Task threw an uncaught and unrecoverable exception\. /,
  /WorkerSinkTask\{id=(?<name>\S+)-(?<task>\d+)\} Task failed initialization and will not be started/,
  /Failed to start task (?<name>\S+)-(?<task>\d+)/,
  /Couldn't instantiate task (?<name>\S+)-(?<task>\d+) because/,
  /WorkerConnector\{id=(?<name>\S+)\} Error while starting connector/,
  /Failed to start connector '?(?<name>[^\s']+)/,
];

/** What a line tells of a connector; undefined when it tells no failure of it. Of the connector itself no task is named. */
function failureIn(line: string, connector: string): { readonly task: number | undefined } | undefined {
  for (const failure of FAILURES) {
    const { name, task } = failure.exec(line)?.groups ?? {};
    if (name === connector) return { task: task === undefined ? undefined : Number(task) };
  }
  return undefined;
}

/** A line of the worker's log: `[Worker-0a1b] [2026-01-31 08:00:00,123] ERROR …`. */
const HEAD = /^(?:\[Worker-[^\]]+\] )?\[\d{4}-\d\d-\d\d [^\]]+\] [A-Z]+ /;
const PREFIX = /^\[Worker-[^\]]+\] /;

/**
 * The lines that belong to the message that `begins` a trace, up to the next one with a level; the lines of other workers
 * between them do not. An event may hold one line or several. Without any the message itself is all there is.
 */
export function traceAfter(begins: string, messages: readonly string[]): string {
  const start = messages.indexOf(begins);
  const worker = PREFIX.exec(begins)?.[0];
  const lines = (start === -1 ? [begins] : messages.slice(start))
    .flatMap((message) => message.split('\n'))
    .filter((line) => worker === undefined || line.startsWith(worker) || !PREFIX.test(line));
  const next = lines.findIndex((line, index) => index > 0 && HEAD.test(line));
  const own = (next === -1 ? lines : lines.slice(0, next)).map((line) => line.replace(PREFIX, ''));
  // The head's own text is no cause where the exception follows on the next line.
  const [head = '', ...rest] = own;
  return rest.some((line) => line.trim() !== '') ? rest.join('\n') : head.replace(HEAD, '');
}
