import { setTimeout as sleep } from 'node:timers/promises';
import { untilInterrupted } from '../app/until-interrupted.ts';
import type { CliContext } from './context.ts';

const HOME = '\u001b[H';
const CLEAR_SCREEN = '\u001b[2J';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/**
 * Shows what `look` sees every `everyMs` until Ctrl-C, which ends it without an error. A terminal is drawn over in place;
 * elsewhere each look is a block of its own, headed by its time and followed by an empty line. As JSON, it is one line.
 */
export async function showAgain<T>(
  context: CliContext,
  everyMs: number,
  look: () => Promise<T>,
  linesOf: (seen: T) => readonly string[],
): Promise<void> {
  const { signal } = context;
  const { stdout } = context.screen;
  const isJson = context.format === 'json';
  const isTty = context.isTty && !isJson;
  const ended = untilInterrupted(signal).then(() => undefined);
  if (isTty) stdout.write(CLEAR_SCREEN);
  while (!signal.aborted) {
    const seen = await Promise.race([look(), ended]);
    if (seen === undefined) return;
    const time = new Date().toISOString();
    if (isTty) {
      const drawn = [`${time}  every ${everyMs / 1000} s, Ctrl-C ends`, '', ...linesOf(seen)];
      stdout.write(
        `${HOME}${drawn.map((line) => `${context.painted(line)}${CLEAR_LINE_END}\n`).join('')}${CLEAR_BELOW}`,
      );
    } else if (isJson) context.jsonLine(seen);
    else for (const line of [time, ...linesOf(seen), '']) context.print(line);
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
