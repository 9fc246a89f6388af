import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { optionalPackage } from '../../../core/optional-package.ts';
import type { Scrub } from '../../../core/scrub.ts';
import type { MskConnect } from '../../../pipeline/msk-connect.ts';
import { awsError, clientOptions } from './client.ts';

/** Older failures have been seen, or are none any more. */
const LOOK_BACK_MS = 24 * 3_600_000;
/** Lines of a stack trace that are read after the one that begins it. */
const TRACE_LINES = 200;

/**
 * Stack traces of a sink's failed tasks from the workers' log, the newest first, at most one for each task; none where the log
 * does not go to CloudWatch. A trace is the worker's line that names the task and what follows it in the same log stream, up to
 * the next line with a level. A log that cannot be read says so in the place of a trace.
 */
export async function readTaskTraces(
  { region, endpoints, logs }: MskConnect,
  connector: string,
  scrub: Scrub,
): Promise<string[]> {
  if (logs.cloudWatch === undefined) return [];
  const { logGroup } = logs.cloudWatch;
  try {
    const sdk = await optionalPackage(
      '@aws-sdk/client-cloudwatch-logs',
      "reading the workers' log",
      () => import('@aws-sdk/client-cloudwatch-logs'),
    );
    const options = await clientOptions({ region, endpoint: endpoints.logs });
    const client = new sdk.CloudWatchLogsClient(options);
    const filterPattern = `"WorkerSinkTask{id=${connector}-" "Task threw an uncaught"`;
    const found: FilteredLogEvent[] = [];
    const input = { logGroupName: logGroup, startTime: Date.now() - LOOK_BACK_MS, filterPattern };
    for await (const page of sdk.paginateFilterLogEvents({ client }, input)) found.push(...(page.events ?? []));
    const newest = new Map<string, FilteredLogEvent>();
    for (const event of found.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0)))
      newest.set(/WorkerSinkTask\{id=([^}]+)\}/.exec(event.message ?? '')?.[1] ?? '', event);
    const traces = [...newest.values()].reverse().map(async ({ message = '', timestamp = 0, logStreamName }) => {
      const query = { logGroupName: logGroup, logStreamName, startTime: timestamp, limit: TRACE_LINES };
      const { events = [] } = await client.send(new sdk.GetLogEventsCommand({ ...query, startFromHead: true }));
      const messages = events.map((event) => event.message ?? '');
      return scrub(traceAfter(message, messages));
    });
    return await Promise.all(traces);
  } catch (error) {
    return [awsError(error, `CloudWatch Logs could not show ${logGroup}`, scrub).message];
  }
}

/** A line of the worker's log: `[Worker-0a1b] [2026-01-31 08:00:00,123] ERROR …`. */
const HEAD = /^\[Worker-[^\]]+\] \[[^\]]+\] [A-Z]+ /;
const PREFIX = /^\[Worker-[^\]]+\] /;

/** The lines that belong to the message that `begins` a trace. An event may hold one line or several. */
export function traceAfter(begins: string, messages: readonly string[]): string {
  const lines = messages.slice(messages.indexOf(begins)).flatMap((message) => message.split('\n'));
  const next = lines.findIndex((line, index) => index > 0 && HEAD.test(line));
  const own = next === -1 ? lines : lines.slice(0, next);
  // The head's own text is no cause; the exception follows on the next line.
  return own
    .slice(1)
    .map((line) => line.replace(PREFIX, ''))
    .join('\n');
}
