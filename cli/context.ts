import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Runtime, Session, StreamSelection } from '../app/session.ts';
import type { ConnectError } from '../core/errors.ts';
import { inert, visible } from '../core/visible.ts';
import { painterOf } from './colour.ts';
import type { OutputFormat } from './flags.ts';
import { invocationFrom, SPELLED, spelling } from './invocation.ts';
import { cutLines, lineGate } from './line-gate.ts';
import { createRedaction } from './redaction.ts';
import { renderError } from './render/error.ts';

/**
 * What a command may touch of the process: commands read argv, environment and streams only through this,
 * so tests can run them without a process of their own.
 */
export type CliContext = ReturnType<typeof createContext>;

/** The flags that say what a session is opened with. */
interface SessionFlags extends StreamSelection {
  readonly env?: string | undefined;
  readonly timeout?: number | undefined;
}

/** Adds a command to the program. */
export type Register = (program: CommandUnknownOpts, context: CliContext) => void;

/** What a context stands on: the process, or what a test puts in its place. */
interface Surroundings extends Pick<Runtime, 'env' | 'cwd'> {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Whether a person is watching: progress is redrawn, questions may be asked. */
  readonly isTty: boolean;
  /** Whether somebody can go on watching and typing: every stream is a terminal, and this is no CI. */
  readonly isAttended?: boolean | undefined;
  /** How commands in texts are written: as this installation is run. Default: as they are spelled in the program. */
  readonly invocation?: string | undefined;
  /** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process at once. */
  readonly signal: AbortSignal;
  setExitCode(code: number): void;
}

/** A context on the real process. */
export function processContext(signal: AbortSignal): CliContext {
  return createContext({
    env: process.env,
    cwd: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    isTty: process.stderr.isTTY === true && process.stdout.isTTY === true,
    isAttended: [process.stdin, process.stdout, process.stderr].every(({ isTTY }) => isTTY) && !process.env.CI,
    invocation: invocationFrom(process.cwd()),
    signal,
    setExitCode: (code) => {
      process.exitCode = code;
    },
  });
}

/**
 * A context on given streams and environment. Whatever is written passes one gate. It hides the secrets of the project and of the
 * process environment, writes out what a terminal or a CI system would obey, and cuts long lines, in this order.
 */
export function createContext(given: Surroundings) {
  const { env, cwd, signal, invocation = SPELLED } = given;
  const spell = spelling(invocation);
  const redaction = createRedaction(env, spell);
  const clean = (text: string): string => cutLines(inert(redaction.scrub(text)));
  const cleanOwn = (text: string): string => spell(clean(text));
  const [stdout, stderr] = [lineGate(given.stdout, clean), lineGate(given.stderr, clean)];
  const [paintOut, paintErr] = [painterOf(given.stdout, env), painterOf(given.stderr, env)];
  const runtime: Runtime = { env, cwd, signal, learn: redaction.learn };
  const context = {
    ...given,
    ...runtime,
    invocation,
    /** For texts of others. */
    stdout,
    stderr,
    /** The terminal itself, for what redraws it. All that others have a part in is `cleaned` before. */
    screen: { stdout: given.stdout, stderr: given.stderr },
    cleaned: cleanOwn,
    /** Help, and what else is a text of this program as a whole. */
    printHelp: (text: string): void => void stdout.write(spell(text)),
    /** How the command prints its data. Set from its flags, before it runs. */
    format: 'text' as OutputFormat,
    /** Opens the environment that the flags name, of the project around `cwd`, for the streams that they name. */
    async session({ env: name, only, timeout: timeoutMs }: SessionFlags): Promise<Session> {
      const { openEnvironment, openProject } = await import('../app/session.ts');
      return openEnvironment(openProject(runtime), name, { ...runtime, only, timeoutMs });
    },
    /** Reports an error on stderr and makes its exit code the command's. */
    fail(error: ConnectError): void {
      context.note(renderError(error, { debug: env.DEBUG === 'connect' }));
      given.setExitCode(error.exitCode);
    },
    /** Progress and the one-line summary: stderr. */
    note(...lines: string[]): void {
      for (const line of lines) given.stderr.write(`${paintErr(cleanOwn(line))}\n`);
    },
    /** Data: stdout. */
    print: (line: string): void => void given.stdout.write(`${context.painted(line)}\n`),
    /** A line of data with its states in colour, where stdout is a terminal. It is cleaned first: colours would take secrets apart. */
    painted: (line: string): string => paintOut(cleanOwn(line)),
    /** A report for GitHub's runner. Its commands are ours: what others say in them is escaped. */
    printCommands: (lines: string): void => void given.stdout.write(`${spell(visible(redaction.scrub(lines)))}\n`),
    /** A copy of what JSON has of a value, as it may be kept. */
    hide: redaction.hide,
    /** Data as one JSON document: stdout. It is scrubbed string by string: a secret may look like a piece of JSON. */
    json: (value: unknown): void => void given.stdout.write(`${redaction.json(value, 2)}\n`),
    /** The same on one line. */
    jsonLine: (value: unknown): void => void given.stdout.write(`${redaction.json(value)}\n`),
    /** Data in the format that was asked for: the document, or lines. */
    show(document: unknown, lines: () => readonly string[]): void {
      if (context.format === 'json') context.json(document);
      else context.printText(lines());
    },
    /** As `show`, of an environment: the document says which. Without lines where they were printed on the way. */
    answer({ environment }: Session, document: object, lines: () => readonly string[] = () => []): void {
      context.show({ environment: environment.name, ...document }, lines);
    },
    /** Lines that are data as text, and progress where JSON was asked for. */
    tell(lines: readonly string[]): void {
      if (context.format === 'text') context.printText(lines);
      else context.note(...lines);
    },
    /** Lines of data, where text was asked for. */
    printText(lines: readonly string[]): void {
      if (context.format === 'text') for (const line of lines) context.print(line);
    },
  };
  return context;
}
