import { resolveSecret } from '../pipeline/secrets.ts';
import type { Project } from '../pipeline/types.ts';

/**
 * What a command may touch of the process: commands read argv, environment and streams only through this,
 * so tests can run them without a process of their own.
 */
export interface CliContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Whether a person is watching: progress is redrawn, questions may be asked. */
  readonly isTty: boolean;
  /** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** The project around `cwd`; loaded once. */
  loadProject(): Promise<Project>;
  /** Resolves `${env:…}` and `${file:…}` references; the result must never be printed. */
  secrets(project: Project): (reference: string) => string;
  setExitCode(code: number): void;
  /** Progress and the one-line summary: stderr. */
  note(line: string): void;
  /** Data: stdout. */
  print(line: string): void;
  /** Data as one JSON document: stdout. BigInts become strings. */
  json(value: unknown): void;
}

/** A context on the real process. */
export function processContext(signal: AbortSignal): CliContext {
  return createContext({
    env: process.env,
    cwd: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    isTty: process.stderr.isTTY === true && process.stdout.isTTY === true,
    signal,
    setExitCode: (code) => {
      process.exitCode = code;
    },
  });
}

type ContextParts = Pick<CliContext, 'env' | 'cwd' | 'stdout' | 'stderr' | 'isTty' | 'signal' | 'setExitCode'>;

/** A context on given streams and environment. */
export function createContext(parts: ContextParts): CliContext {
  let project: Promise<Project> | undefined;
  return {
    ...parts,
    loadProject() {
      project ??= import('../pipeline/load.ts').then(({ findProjectRoot, loadProject }) =>
        loadProject(findProjectRoot(parts.cwd), parts.env),
      );
      return project;
    },
    secrets({ root }) {
      return (reference) => resolveSecret(reference, { root, env: parts.env });
    },
    note: (line) => void parts.stderr.write(`${line}\n`),
    print: (line) => void parts.stdout.write(`${line}\n`),
    json: (value) => {
      const text = JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? item.toString() : item), 2);
      parts.stdout.write(`${text}\n`);
    },
  };
}
