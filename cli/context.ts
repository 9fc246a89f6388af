import type { CommandUnknownOpts } from '@commander-js/extra-typings';
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
  /** How the command prints its data. Set from its flags, before it runs. */
  format: OutputFormat;
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
  show(document: unknown, lines: () => readonly string[]): void;
  /** As \`show\`, of an environment: the document says which. Without lines where they were printed on the way. */
  answer(session: Session, document: object, lines?: () => readonly string[]): void;
  /** Lines of data, where text was asked for. */
  printText(lines: readonly string[]): void;
}

/** Adds a command to the program. */
export type Register = (program: CommandUnknownOpts, context: CliContext) => void;

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
    format: 'text',
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
    show(document, lines) {
      if (context.format === 'json') context.json(document);
      else context.printText(lines());
    },
    answer({ environment }, document, lines = () => []) {
      context.show({ environment: environment.name, ...document }, lines);
    },
    printText(lines) {
      if (context.format === 'text') for (const line of lines) context.print(line);
    },
  };
  return context;
}
