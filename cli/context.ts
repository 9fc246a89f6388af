import type { Command } from 'commander';
import type { Runtime, Session } from '../app/session.ts';
import type { ConnectError } from '../core/errors.ts';
import type { OutputFormat } from './flags.ts';
import { createRedaction, scrubbed } from './redaction.ts';
import { renderError } from './render/error.ts';

/**
 * What a command may touch of the process: commands read argv, environment and streams only through this,
 * so tests can run them without a process of their own. Whatever is written passes one gate that hides the secrets of
 * the project and of the process environment.
 */
export interface CliContext extends Runtime {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Whether a person is watching: progress is redrawn, questions may be asked. */
  readonly isTty: boolean;
  /** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** Opens the environment that the flags name, of the project around `cwd`, for the streams that they name. */
  session(flags: {
    readonly env?: string | undefined;
    readonly only?: readonly string[] | undefined;
  }): Promise<Session>;
  setExitCode(code: number): void;
  /** Reports an error on stderr and makes its exit code the command's. */
  fail(error: ConnectError): void;
  /** Progress and the one-line summary: stderr. */
  note(line: string): void;
  /** Data: stdout. */
  print(line: string): void;
  /** Data as one JSON document: stdout. BigInts become strings. */
  json(value: unknown): void;
  /** Data in the format that was asked for: the document, or lines. */
  show(format: OutputFormat, document: unknown, lines: () => readonly string[]): void;
  /** As \`show\`, of an environment: the document says which. Without lines where they were printed on the way. */
  answer(format: OutputFormat, session: Session, document: object, lines?: () => readonly string[]): void;
  /** Lines of data, where text was asked for. */
  printText(format: OutputFormat, lines: readonly string[]): void;
}

/** Adds a command to the program. */
export type Register = (program: Command, context: CliContext) => void;

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

type ProcessStreams = Pick<CliContext, 'env' | 'cwd' | 'stdout' | 'stderr' | 'isTty' | 'signal' | 'setExitCode'>;

/** A context on given streams and environment. */
export function createContext(streams: ProcessStreams): CliContext {
  const { env, cwd, signal } = streams;
  const redaction = createRedaction(env);
  const stdout = scrubbed(streams.stdout, redaction.scrub);
  const stderr = scrubbed(streams.stderr, redaction.scrub);
  const runtime: Runtime = { env, cwd, signal, learn: (secrets) => redaction.learn(secrets) };
  const context: CliContext = {
    ...streams,
    ...runtime,
    stdout,
    stderr,
    async session({ env: name, only }) {
      const { openEnvironment, openProject } = await import('../app/session.ts');
      return openEnvironment(openProject(runtime), name, { ...runtime, only });
    },
    fail(error) {
      context.note(renderError(error, { debug: env.DEBUG === 'connect' }));
      streams.setExitCode(error.exitCode);
    },
    note: (line) => void stderr.write(`${line}\n`),
    print: (line) => void stdout.write(`${line}\n`),
    // Scrubbed string by string: a secret may look like a piece of JSON.
    json: (value) => void streams.stdout.write(`${redaction.json(value)}\n`),
    show(format, document, lines) {
      if (format === 'json') context.json(document);
      else context.printText(format, lines());
    },
    answer(format, { environment }, document, lines = () => []) {
      context.show(format, { environment: environment.name, ...document }, lines);
    },
    printText(format, lines) {
      if (format === 'text') for (const line of lines) context.print(line);
    },
  };
  return context;
}
