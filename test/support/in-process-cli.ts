import { Writable } from 'node:stream';
import { createContext } from '../../cli/context.ts';
import { run } from '../../cli/main.ts';
import { requireDescribed } from './output-schemas.ts';

export interface InProcessResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one command line in this process, without a terminal: the whole program but for the start of a process. What it
 * prints as JSON must be as its published schema says.
 */
export async function runInProcess(
  args: readonly string[],
  {
    cwd,
    env = {},
    signal = new AbortController().signal,
  }: { cwd: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<InProcessResult> {
  const written = { stdout: '', stderr: '' };
  let code = 0;
  const into = (name: keyof typeof written) =>
    new Writable({
      write(chunk, _encoding, done) {
        written[name] += String(chunk);
        done();
      },
    });
  const context = createContext({
    env,
    cwd,
    stdout: into('stdout'),
    stderr: into('stderr'),
    isTty: false,
    signal,
    setExitCode: (value) => {
      code = value;
    },
  });
  await run(args, context);
  requireDescribed(args, written.stdout);
  return { code, ...written };
}
