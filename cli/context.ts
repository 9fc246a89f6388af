import { resolveSecret } from '../pipeline/secrets.ts';
import type { Project } from '../pipeline/types.ts';
import { projectSecrets, stackSecrets } from './known-secrets.ts';
import { createRedaction, scrubbed } from './redaction.ts';

/**
 * What a command may touch of the process: commands read argv, environment and streams only through this,
 * so tests can run them without a process of their own. Whatever is written passes one gate that hides the secrets of
 * the project and of the process environment.
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
  const { env, cwd } = parts;
  const redaction = createRedaction(env);
  const stdout = scrubbed(parts.stdout, redaction.scrub);
  const stderr = scrubbed(parts.stderr, redaction.scrub);
  let project: Promise<Project> | undefined;
  const load = async (): Promise<Project> => {
    const { findProjectRoot, loadProject } = await import('../pipeline/load.ts');
    const root = findProjectRoot(cwd);
    redaction.learn(stackSecrets(root));
    const loaded = loadProject(root, env);
    redaction.learn(projectSecrets(loaded, (reference) => resolveSecret(reference, { root, env })));
    return loaded;
  };
  return {
    ...parts,
    stdout,
    stderr,
    loadProject() {
      project ??= load();
      return project;
    },
    secrets({ root }) {
      return (reference) => {
        const value = resolveSecret(reference, { root, env });
        redaction.learn([value]);
        return value;
      };
    },
    note: (line) => void stderr.write(`${line}\n`),
    print: (line) => void stdout.write(`${line}\n`),
    // Scrubbed string by string: a secret may look like a piece of JSON.
    json: (value) => void parts.stdout.write(`${redaction.json(value)}\n`),
  };
}
