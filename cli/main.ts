import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { leaveOutOfCoreDumps } from '../core/core-dumps.ts';
import { ConnectError } from '../core/errors.ts';
import { packageVersion } from '../core/package-root.ts';
import { commandGroups, OTHER } from './commands.ts';
import { type CliContext, processContext } from './context.ts';
import { isAboutStreams, type OutputFormat, takeStreams } from './flags.ts';

/** Runs one command line; sets the exit code through the context and never throws. */
export async function run(argv: readonly string[], context: CliContext): Promise<void> {
  try {
    await runCommand(argv, context);
  } finally {
    context.stdout.flush();
    context.stderr.flush();
  }
}

async function runCommand(argv: readonly string[], context: CliContext): Promise<void> {
  try {
    const program = createProgram(context);
    // Asked for help on a command that does not exist, commander would show the help of everything and end with 0.
    const words = namesCommand(program, argv) ? argv : argv.filter((word) => word !== '--help' && word !== '-h');
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has already printed its message; help and version are no failures.
      context.setExitCode(error.exitCode === 0 ? 0 : 64);
      return;
    }
    const known = context.signal.aborted ? interrupted(error) : ConnectError.from(error);
    if (context.format === 'json') context.json({ error: known });
    context.fail(known);
  }
}

/** The whole command line, for running and for the documentation's tests. */
export function createProgram(context: CliContext): CommandUnknownOpts {
  const help = new Command('help').description('show the help of a command').helpGroup(OTHER);
  help.argument('[command]');
  const program: CommandUnknownOpts = new Command(context.invocation)
    .description('Position updates from gRPC through Avro and Kafka to PostgreSQL, as code.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .configureOutput({
      writeOut: context.printHelp,
      writeErr: (text) => void context.stderr.write(text),
    })
    .hook('preAction', (_program, command) => {
      // A parent that has the flag, too, has taken it.
      const { output, format = output }: { output?: OutputFormat; format?: OutputFormat } = command.optsWithGlobals();
      if (format !== undefined) context.format = format;
    })
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpCommand(help);
  for (const { heading, commands } of commandGroups) {
    program.commandsGroup(heading);
    for (const register of commands) register(program, context);
  }
  for (const command of commandsBelow(program)) if (isAboutStreams(command)) takeStreams(command);
  return program;
}

const commandsBelow = (command: CommandUnknownOpts): CommandUnknownOpts[] =>
  command.commands.flatMap((child) => [child, ...commandsBelow(child)]);

/** Whether the words name a command, or none at all. Flags in front of a command's name take no value. */
function namesCommand(program: CommandUnknownOpts, argv: readonly string[]): boolean {
  let command = program;
  for (const word of argv) {
    if (command.commands.length === 0 || word === 'help' || word === '--') return true;
    if (word.startsWith('-')) continue;
    const child = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    // What a command with children takes beside them, as `init` takes a folder.
    if (child === undefined) return command.registeredArguments.length > 0;
    command = child;
  }
  return true;
}

function interrupted(error: unknown): ConnectError {
  const known = ConnectError.from(error);
  return known.code === 'INTERNAL' ? new ConnectError('INTERRUPTED', 'interrupted') : known;
}

/** Entry point of the `connect` executable. */
export async function main(): Promise<void> {
  leaveOutOfCoreDumps('self');
  const abort = new AbortController();
  const onSignal = () => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // A closed pipe (`connect … | head`) is the reader's choice, not a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  // Eight lines about later versions of AWS's packages than the lock file has.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const context = processContext(abort.signal);
  // Left to Node, what nobody caught would be printed with all its properties, requests and credentials among them.
  process.on('uncaughtException', (error) => {
    context.fail(ConnectError.from(error));
    process.exit(1);
  });
  await run(process.argv.slice(2), context);
  // A client that is still retrying against a dead broker would hold the process; everything worth waiting for is done.
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((done) => stream.write('', () => done()));
  process.exit();
}
