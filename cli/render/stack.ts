import type { ContainerStatus, PartStatus, StackEvent } from '../../app/up.ts';
import type { CliContext } from '../context.ts';
import { duration, table } from '../format.ts';
import { createLiveRows } from '../live-rows.ts';

const MEGABYTE = 1e6;
const BAR_WIDTH = 30;
/** Without a terminal a download is a line in steps of this many percent. */
const STEP_PERCENT = 25;

/** Shows what the stack does, on stderr. On a terminal a download is one bar, redrawn; elsewhere plain lines. `close` ends a bar that is still drawn. */
export function createStackProgress(context: CliContext) {
  const live = createLiveRows(context);
  let shown = -1;
  const onDownload = (doneBytes: number, totalBytes: number) => {
    const percent = totalBytes === 0 ? 100 : Math.floor((100 * doneBytes) / totalBytes);
    const step = context.isTty ? percent : Math.floor(percent / STEP_PERCENT);
    if (step <= shown) return;
    shown = step;
    const bytes = `${megabytes(doneBytes)} of ${megabytes(totalBytes)} MB`;
    live.draw(context.isTty ? `download   ${bar(percent)} ${percent}%  ${bytes}` : `download   ${bytes}`);
    if (doneBytes >= totalBytes) live.end();
  };
  return {
    close: () => live.end(),
    onEvent(event: StackEvent) {
      if (event.kind === 'download') onDownload(event.doneBytes, event.totalBytes);
      else {
        live.end();
        context.note(eventLine(event));
      }
    },
  };
}

function bar(percent: number): string {
  const done = Math.round((BAR_WIDTH * percent) / 100);
  return `[${'='.repeat(done)}${'-'.repeat(BAR_WIDTH - done)}]`;
}

/** Shows what the stack does for as long as a task runs. */
export async function withStackProgress<T>(
  context: CliContext,
  task: (onEvent: (event: StackEvent) => void) => Promise<T>,
): Promise<T> {
  const progress = createStackProgress(context);
  try {
    return await task(progress.onEvent);
  } finally {
    progress.close();
  }
}

export const partLines = (parts: readonly PartStatus[]): string[] =>
  table([
    ['PART', 'STATE', 'ADDRESS', 'PID'],
    ...parts.map(({ name, state, port, pid }) => [name, state, `127.0.0.1:${port}`, String(pid ?? '')]),
  ]);

export const containerLines = (parts: readonly ContainerStatus[]): string[] =>
  table([
    ['PART', 'STATE', 'ADDRESS', 'CONTAINER'],
    ...parts.map(({ name, state, health, port, container }) => [
      name,
      health === '' ? state : `${state}, ${health}`,
      port === undefined ? '' : `127.0.0.1:${port}`,
      container,
    ]),
  ]);

function eventLine(event: Exclude<StackEvent, { kind: 'download' }>): string {
  if (event.kind === 'note') return event.message;
  const details = [
    ...(event.pid === undefined ? [] : [`pid ${event.pid}`]),
    ...(event.tookMs === undefined ? [] : [duration(event.tookMs)]),
    ...(event.reason === undefined ? [] : [event.reason]),
  ];
  return `${event.part.padEnd(9)}  ${event.state}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}

const megabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(0);
