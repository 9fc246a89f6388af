import type { ProducerStats, ProducerSummary } from '../producer/producer-options.ts';
import { count, duration } from './format.ts';

/** One stream's progress in one line. */
export function progressLine(stats: ProducerStats): string {
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
export function logLine(stream: string, fields: object, message: string): string {
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  return `${stream}  ${message}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`;
}

const ENDS = {
  signal: 'stopped',
  feed: 'the feed ended',
  'stop-after': 'as many updates as asked for',
} as const;

/** How one stream's run went. */
export function summaryLines(summary: ProducerSummary): string[] {
  const { stream, received, published, rejected, refusals, resumedFrom, lastSlot, reconnects, gaps, load } = summary;
  const reasons = Object.entries(refusals).map(([code, times]) => `${code} ${count(times)}`);
  return [
    `${stream}  ${ENDS[summary.endedBy]} after ${duration(summary.durationMs)}`,
    `  received   ${count(received)} updates, from slot ${resumedFrom ?? '–'} on`,
    `  published  ${count(published)}`,
    `  rejected   ${count(rejected)}${reasons.length > 0 ? `  (${reasons.join(', ')})` : ''}`,
    `  checkpoint slot ${lastSlot ?? '–'}`,
    `  event loop late by ${load.eventLoopDelayMs.p50} ms (p50), ${load.eventLoopDelayMs.p99} ms (p99), ${load.eventLoopDelayMs.max} ms at most`,
    `  memory     ${load.residentMb.peak} MB at most`,
    ...(reconnects > 0 ? [`  reconnects ${reconnects}`] : []),
    ...gaps.map(({ from, to }) => `  gap        slots ${from} to ${to} were left out, as asked for`),
  ];
}
