import type { CliContext } from './context.ts';

/** The last line of stderr, as it changes. */
export interface LiveLine {
  /** On a terminal the line is drawn over; elsewhere each text is a line of its own. */
  draw(text: string): void;
  /** Takes the line away, so that something else can be noted above it. */
  erase(): void;
  /** Leaves the line as it is; what follows begins on the next one. */
  end(): void;
}

const ERASE_LINE = '\r\u001b[2K';

export function createLiveLine({ isTty, stderr, note }: CliContext): LiveLine {
  let isDrawn = false;
  const finish = (text: string): void => {
    if (isDrawn) stderr.write(text);
    isDrawn = false;
  };
  return {
    draw(text) {
      if (isTty) stderr.write(`${ERASE_LINE}${text}`);
      else note(text);
      isDrawn = isTty;
    },
    erase: () => finish(ERASE_LINE),
    end: () => finish('\n'),
  };
}
