import type { ProducerStats, ProducerSummary } from '../../app/produce.ts';
import type { Logger } from '../../core/log.ts';
import type { CliContext } from '../context.ts';
import { count, duration } from '../format.ts';
import { createLiveRows } from '../live-rows.ts';

/** Without a terminal the progress is a line now and then. */
const LOG_LINE_EVERY_MS = 5_000;

/**
 * On a terminal a row a stream that is rewritten, below what is worth a line of its own; elsewhere lines every few seconds.
 * Where JSON was asked for, the log is JSON as well.
 */
export async function createProduceReport(context: CliContext) {
  const latest = new Map<string, ProducerStats>();
  const live = createLiveRows(context);
  let drawnAt = Date.now();
  const textLogger = (stream: string): Logger => {
    const note = (fields: object, message: string) => {
      live.erase();
      context.note(logLine(stream, fields, message));
    };
    return { debug() {}, info: note, warn: note, error: note };
  };
  const jsonLogger = context.format === 'json' ? await createJsonLogger(context) : undefined;
  return {
    loggerOf: (stream: string) => jsonLogger ?? textLogger(stream),
    onServing: (url: string) => context.note(`metrics at ${url}/metrics, health at ${url}/healthz and ${url}/readyz`),
    onProgress(stats: ProducerStats) {
      latest.set(stats.stream, stats);
      if (!context.isTty && Date.now() - drawnAt < LOG_LINE_EVERY_MS) return;
      drawnAt = Date.now();
      live.draw(...[...latest.values()].map(progressLine));
    },
    close: () => live.end(),
  };
}

const createJsonLogger = async ({ stderr }: CliContext): Promise<Logger> =>
  (await import('../../core/log.ts')).createLogger({ stream: stderr });

/** One stream's progress in one line. */
function progressLine(stats: ProducerStats): string {
  const { stream, received, published, rejected, pending, lastSlot, ratePerSecond, reconnects, load } = stats;
  const parts = [
    `${count(received)} received`,
    `${count(published)} in Kafka`,
    `${count(rejected)} rejected`,
    `${count(pending)} waiting`,
    `slot ${lastSlot ?? '–'}`,
    `${count(ratePerSecond)}/s`,
    `loop p99 ${load.eventLoopDelayMs.p99} ms`,
    `${load.residentMb.now} MB`,
    ...(reconnects > 0 ? [`${reconnects} reconnects`] : []),
  ];
  return `${stream}  ${parts.join(' · ')}`;
}

/** What a stream's run has to say on the way: `positions  subscribing (feed 127.0.0.1:19350, fromSlot 312000000)`. */
function logLine(stream: string, fields: object, message: string): string {
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  return `${stream}  ${message}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`;
}

const ENDS = {
  signal: 'stopped',
  feed: 'the feed ended',
  'until-slot': 'ended',
} as const;

/** Of a run that was to end with a slot. */
function completeness({ missing, lastSlot }: ProducerSummary): string {
  if (missing === undefined) return '';
  return missing.length === 0 ? `: everything before slot ${lastSlot} is in Kafka` : ': not complete';
}

/** How one stream's run went. */
export function summaryLines(summary: ProducerSummary): string[] {
  const { stream, received, published, rejected, refusals, resumedFrom, lastSlot, reconnects, gaps, load, commitment } =
    summary;
  const reasons = Object.entries(refusals).map(([code, times]) => `${code} ${count(times)}`);
  return [
    `${stream}  ${ENDS[summary.endedBy]} after ${duration(summary.durationMs)}${completeness(summary)}`,
    `  received   ${count(received)} updates${commitment === undefined ? '' : ` at ${commitment}, from slot ${resumedFrom ?? '–'} on`}`,
    `  published  ${count(published)}`,
    `  rejected   ${count(rejected)}${reasons.length > 0 ? `  (${reasons.join(', ')})` : ''}`,
    ...(commitment === undefined && lastSlot === undefined ? [] : [`  checkpoint slot ${lastSlot ?? '–'}`]),
    `  event loop late by ${load.eventLoopDelayMs.p50} ms (p50), ${load.eventLoopDelayMs.p99} ms (p99), ${load.eventLoopDelayMs.max} ms at most`,
    `  memory     ${load.residentMb.peak} MB at most`,
    ...(reconnects > 0 ? [`  reconnects ${reconnects}`] : []),
    ...(summary.lostTimes > 0
      ? [`  lost       ${summary.lostTimes} times nobody read the feed, which replays nothing`]
      : []),
    ...(summary.missing ?? []).map(({ from, to }) => `✗ ${stream}  slots ${from} to ${to} are not in Kafka`),
    ...gaps.map(({ from, to }) => `  gap        slots ${from} to ${to} were left out, as asked for`),
  ];
}
