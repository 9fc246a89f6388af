import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../core/package-root.ts';
import { requireDescribed } from './output-schemas.ts';

/** How a `connect` process ended. */
export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `connect` process. */
export interface CliProcess {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<CliResult>;
}

export interface CliOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts the built command line in a process of its own, as a user would. `pnpm test` builds it first. */
export function startCli(args: readonly string[], { cwd, env = process.env }: CliOptions): CliProcess {
  const child = spawn(process.execPath, [join(packageRoot(), 'bin', 'connect.mjs'), ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  return { child, output, ended };
}

/** Runs it to its end. */
export const runCli = (args: readonly string[], options: CliOptions): Promise<CliResult> =>
  startCli(args, options).ended;

/** Runs it and expects exit code 0; otherwise fails with everything it wrote. */
export async function succeed(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const result = await runCli(args, options);
  if (result.code === 0) {
    requireDescribed(args, result.stdout);
    return result;
  }
  throw new Error(
    `connect ${args.join(' ')} ended with ${result.code ?? result.signal}\n${result.stdout}\n${result.stderr}`,
  );
}
