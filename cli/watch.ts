import { setTimeout as sleep } from 'node:timers/promises';
import { untilInterrupted } from '../app/until-interrupted.ts';
import type { CliContext } from './context.ts';

const HOME = '\u001b[H';
const CLEAR_SCREEN = '\u001b[2J';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/**
 * Shows what `look` sees every `everyMs` until Ctrl-C, which ends it without an error. A terminal is drawn over in place;
 * elsewhere each look is a block of its own, headed by its time and followed by an empty line. `bare` prints the lines alone.
 */
export async function watch(
  context: CliContext,
  { everyMs, bare }: { readonly everyMs: number; readonly bare: boolean },
  look: () => Promise<readonly string[]>,
): Promise<void> {
  const { signal, stdout } = context;
  const isTty = context.isTty && !bare;
  const ended = untilInterrupted(signal).then(() => undefined);
  if (isTty) stdout.write(CLEAR_SCREEN);
  while (!signal.aborted) {
    const lines = await Promise.race([look(), ended]);
    if (lines === undefined) return;
    const time = new Date().toISOString();
    if (isTty) {
      const drawn = [`${time}  every ${everyMs / 1000} s, Ctrl-C ends`, '', ...lines];
      stdout.write(`${HOME}${drawn.map((line) => `${line}${CLEAR_LINE_END}\n`).join('')}${CLEAR_BELOW}`);
    } else for (const line of bare ? lines : [time, ...lines, '']) context.print(line);
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** A value as one line of JSON; BigInts become strings. */
export const jsonLine = (value: unknown): string =>
  JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? item.toString() : item));
