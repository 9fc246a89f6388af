const RESET = '\u001b[39m';
const RED = '\u001b[31m';
const GREEN = '\u001b[32m';
const YELLOW = '\u001b[33m';

/** What begins a line of a plan, a finding or a difference. */
const MARKS: Readonly<Record<string, string>> = { '✗': RED, '+': GREEN, '~': YELLOW, '±': YELLOW, '-': RED, '!': RED };
const MARK = /^( *)([✗+~±!-]) /;

/**
 * Colours states, and nothing else: FAILED, and the mark that begins a line. Lines stay as they are unless `stream` is a terminal
 * and NO_COLOR is unset.
 */
export function painterOf(stream: NodeJS.WritableStream, env: NodeJS.ProcessEnv): (line: string) => string {
  const isTerminal = (stream as Partial<NodeJS.WriteStream>).isTTY === true;
  if (!isTerminal || (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb') return (line) => line;
  return (line) =>
    line
      .replace(MARK, (_whole, indent: string, mark: string) => `${indent}${MARKS[mark]}${mark}${RESET} `)
      .replaceAll(/\bFAILED\b/g, `${RED}FAILED${RESET}`);
}
