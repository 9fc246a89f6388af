import { Writable } from 'node:stream';
import type { Session } from '../../app/session.ts';
import { type CliContext, createContext } from '../../cli/context.ts';

export interface CapturedContext {
  readonly context: CliContext;
  /** What was written so far, and the exit code that was set last. */
  readonly said: { stdout: string; stderr: string; code: number };
  /** As Ctrl-C does. */
  interrupt(): void;
  /** Resolves with what stdout holds, once it is not empty. */
  readonly firstOutput: Promise<string>;
}

export interface CapturedOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly isTty?: boolean;
  /** Of the terminal. */
  readonly columns?: number;
  /** How commands in texts are written. */
  readonly invocation?: string | undefined;
  /** Interrupts as well. */
  readonly signal?: AbortSignal | undefined;
  /** What of a command's session is another, such as `groups` in memory. */
  readonly session?: Partial<Session> | undefined;
}

/** A command's context in this process: no terminal unless asked for, and what is written is kept. */
export function capturedContext({
  cwd = '/',
  env = {},
  isTty = false,
  columns = 80,
  signal,
  session,
  invocation,
}: CapturedOptions = {}): CapturedContext {
  const abort = new AbortController();
  const said = { stdout: '', stderr: '', code: 0 };
  let written = (): void => {};
  const firstOutput = new Promise<string>((resolve) => {
    written = () => resolve(said.stdout);
  });
  const into = (name: 'stdout' | 'stderr') =>
    Object.assign(
      new Writable({
        write(chunk, _encoding, done) {
          said[name] += String(chunk);
          if (name === 'stdout') written();
          done();
        },
      }),
      isTty ? { isTTY: true, columns } : {},
    );
  const context = createContext({
    env,
    cwd,
    stdout: into('stdout'),
    stderr: into('stderr'),
    isTty,
    invocation,
    signal: signal === undefined ? abort.signal : AbortSignal.any([abort.signal, signal]),
    setExitCode: (code) => {
      said.code = code;
    },
  });
  const open = context.session;
  context.session = async (flags) => {
    const opened = await open(flags);
    for (const [name, value] of Object.entries(session ?? {})) Object.defineProperty(opened, name, { value });
    return opened;
  };
  return { context, said, firstOutput, interrupt: () => abort.abort() };
}
