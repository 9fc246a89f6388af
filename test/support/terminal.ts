import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { packageRoot } from '../../core/package-root.ts';
import { eventually } from './eventually.ts';

/** `connect` in a terminal of its own, as a person sees it. */
export interface Terminal {
  /** Everything it has written so far, control sequences included. */
  written(): string;
  /** What its screen and what scrolled off it shows, row by row. */
  rows(): string[];
  /** Types this; `\r` is Enter, `\u0003` Ctrl-C. */
  type(keys: string): void;
  /** Waits until something is written that matches. */
  says(text: RegExp, timeoutMs?: number): Promise<void>;
  isAlive(): boolean;
  readonly ended: Promise<{ readonly code: number }>;
  kill(): void;
}

export interface TerminalOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly columns?: number;
  /** What stands in front of the arguments. Default: this checkout's `connect`. */
  readonly program?: readonly string[];
  /** As whom. Default: as whoever runs the test. */
  readonly user?: { readonly uid?: number; readonly gid?: number };
}

const OWN_PROGRAM = [process.execPath, join(packageRoot(), 'bin', 'connect.mjs')];

export function openTerminal(
  args: readonly string[],
  { cwd, env, columns = 60, program: before = OWN_PROGRAM, user = {} }: TerminalOptions,
): Terminal {
  const { CI: _ci, ...rest } = env;
  const [file = '', ...words] = [...before, ...args];
  const program = spawn(file, words, {
    ...user,
    cwd,
    cols: columns,
    rows: 40,
    env: rest,
  });
  let text = '';
  let alive = true;
  program.onData((data) => {
    text += data;
  });
  const ended = new Promise<{ code: number }>((resolve) => {
    program.onExit(({ exitCode }) => {
      alive = false;
      resolve({ code: exitCode });
    });
  });
  return {
    written: () => text,
    rows: () => screenRows(text, columns),
    type: (keys) => program.write(keys),
    async says(wanted, timeoutMs = 30_000) {
      await eventually(
        async () => {
          if (!wanted.test(text)) throw new Error(`the terminal does not say ${wanted} yet:\n${text.slice(-2_000)}`);
        },
        { timeoutMs },
      );
    },
    isAlive: () => alive,
    ended,
    kill: () => program.kill(),
  };
}

const TOKENS = ['\\u001b\\[(\\d+)A', '\\u001b\\[([HJK]|2[JK]|\\d+m)', '\\r', '\\n', '.'];
const TOKEN = new RegExp(TOKENS.join('|'), 'gsu');

/** What a terminal of this width shows of what was written to it: wraps, goes up, erases lines, and knows no colours. */
export function screenRows(written: string, columns: number): string[] {
  const rows = [''];
  let row = 0;
  let column = 0;
  const down = () => {
    row += 1;
    column = 0;
    rows[row] ??= '';
  };
  for (const [token, ups, control] of written.matchAll(TOKEN)) {
    if (ups !== undefined) row = Math.max(0, row - Number(ups));
    else if (control === '2K') rows[row] = '';
    else if (control === 'K') rows[row] = (rows[row] ?? '').slice(0, column);
    else if (control === 'H' || control === '2J') [row, column] = [0, 0];
    else if (control === 'J') rows.length = row + 1;
    else if (control !== undefined) continue;
    else if (token === '\r') column = 0;
    else if (token === '\n') down();
    else {
      if (column === columns) down();
      const before = rows[row] ?? '';
      rows[row] = before.slice(0, column).padEnd(column) + token + before.slice(column + 1);
      column += 1;
    }
  }
  return rows;
}
