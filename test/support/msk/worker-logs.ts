import type { FakeLogEvent } from './fake-logs.ts';

/** A line of a worker here that begins a message: `2026-01-31 08:00:00,123 ERROR …`. */
const HEAD = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) ([A-Z]+ .*)$/;

/** What a worker has printed, as MSK Connect delivers it to CloudWatch: an event for each line. */
export function logEvents(printed: string): FakeLogEvent[] {
  let timestamp = 0;
  return printed.split('\n').map((line) => {
    const [, time = '', millis = '', rest] = HEAD.exec(line) ?? [];
    if (rest === undefined) return { logStreamName: 'worker', timestamp, message: `[Worker-0a1b] ${line}` };
    timestamp = Date.parse(`${time.replace(' ', 'T')}.${millis}`);
    return { logStreamName: 'worker', timestamp, message: `[Worker-0a1b] [${time},${millis}] ${rest}` };
  });
}
