import type { SingleBar } from 'cli-progress';
import type { ContainerStatus, PartStatus, StackEvent } from '../../app/up.ts';
import type { CliContext } from '../context.ts';
import { duration, table } from '../format.ts';

/** Shows what the stack does, on stderr. `close` ends a bar that is still drawn. */
export interface StackProgress {
  readonly onEvent: (event: StackEvent) => void;
  close(): void;
}

const MEGABYTE = 1e6;
/** Without a terminal the download is told in steps of this many percent. */
const STEP_PERCENT = 25;

/** On a terminal a download is one bar, redrawn; elsewhere plain lines. */
export async function createStackProgress(context: CliContext): Promise<StackProgress> {
  const bar = context.isTty ? await createBar(context) : undefined;
  let drawn = false;
  let told = -1;
  const close = () => {
    if (drawn) bar?.stop();
    drawn = false;
  };
  const onDownload = (doneBytes: number, totalBytes: number) => {
    const percent = totalBytes === 0 ? 100 : Math.floor((100 * doneBytes) / totalBytes);
    if (bar === undefined) {
      const step = Math.floor(percent / STEP_PERCENT);
      if (step <= told) return;
      told = step;
      context.note(`download   ${megabytes(doneBytes)} of ${megabytes(totalBytes)} MB`);
      return;
    }
    if (!drawn) bar.start(totalBytes, doneBytes, { mb: '' });
    drawn = true;
    bar.update(doneBytes, { mb: `${megabytes(doneBytes)}/${megabytes(totalBytes)} MB` });
    if (doneBytes >= totalBytes) close();
  };
  return {
    close,
    onEvent(event) {
      if (event.kind === 'download') return onDownload(event.doneBytes, event.totalBytes);
      close();
      context.note(eventLine(event));
    },
  };
}

/** Shows what the stack does for as long as a task runs. */
export async function withStackProgress<T>(
  context: CliContext,
  task: (onEvent: StackProgress['onEvent']) => Promise<T>,
): Promise<T> {
  const progress = await createStackProgress(context);
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

async function createBar(context: CliContext): Promise<SingleBar> {
  const { default: progress } = await import('cli-progress');
  return new progress.SingleBar({
    format: 'download   [{bar}] {percentage}%  {mb}',
    stream: context.stderr,
    barsize: 30,
    hideCursor: true,
    clearOnComplete: false,
    fps: 5,
  });
}

const megabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(0);
