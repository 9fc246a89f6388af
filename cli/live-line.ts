import type { CliContext } from './context.ts';

const ERASE_LINE = '\r\u001b[2K';

/** The last line of stderr, as it changes. */
export function createLiveLine({ isTty, stderr, note }: CliContext) {
  let isDrawn = false;
  const finish = (text: string): void => {
    if (isDrawn) stderr.write(text);
    isDrawn = false;
  };
  return {
    /** On a terminal the line is drawn over; elsewhere each text is a line of its own. */
    draw(text: string): void {
      if (isTty) stderr.write(`${ERASE_LINE}${text}`);
      else note(text);
      isDrawn = isTty;
    },
    /** Takes the line away, so that something else can be noted above it. */
    erase: () => finish(ERASE_LINE),
    /** Leaves the line as it is; what follows begins on the next one. */
    end: () => finish('\n'),
  };
}
