import type { CliContext } from './context.ts';

const ERASE_LINE = '\r\u001b[2K';
const UP_AND_ERASE = '\u001b[1A\u001b[2K';
/** Of a terminal that does not say how wide it is. */
const DEFAULT_COLUMNS = 80;

/** The last rows of stderr, as they change. */
export function createLiveRows({ isTty, screen: { stderr }, note, cleaned }: CliContext) {
  let drawn = 0;
  const erased = (): string => ERASE_LINE + UP_AND_ERASE.repeat(Math.max(0, drawn - 1));
  return {
    /** On a terminal the rows are drawn over, each cut to its width, so that none wraps; elsewhere each is a line of its own. */
    draw(...rows: readonly string[]): void {
      if (!isTty) {
        note(...rows);
        return;
      }
      const { columns = DEFAULT_COLUMNS } = stderr as Partial<NodeJS.WriteStream>;
      // A row as wide as the terminal would take the cursor to the next one.
      stderr.write(erased() + rows.map((row) => cut(cleaned(row), columns - 1)).join('\n'));
      drawn = rows.length;
    },
    /** Takes the rows away, so that something else can be noted above them. */
    erase(): void {
      if (drawn > 0) stderr.write(erased());
      drawn = 0;
    },
    /** Leaves the rows as they are; what follows begins on the next line. */
    end(): void {
      if (drawn > 0) stderr.write('\n');
      drawn = 0;
    },
  };
}

function cut(row: string, width: number): string {
  const characters = [...row];
  return characters.length <= width ? row : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}
