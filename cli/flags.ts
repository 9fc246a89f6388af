import { type CommandUnknownOpts, InvalidArgumentError, Option } from '@commander-js/extra-typings';

const REPORT_FORMATS = ['text', 'json', 'github-actions', 'junit'] as const;

/** How a command prints its data. Only commands that report findings know more than text and JSON. */
export type OutputFormat = (typeof REPORT_FORMATS)[number];

/** The flag of commands that ask before they act. */
export const YES = ['--yes', 'do it without asking'] as const;
/** The flag of commands that start a sink, or change the offsets from which it starts. */
export const ACCEPT_GAP = [
  '--accept-gap',
  'go on where Kafka deleted records before the sink read them; the gap is recorded, and verify, status and doctor tell it',
] as const;
/** The flag of commands about streams. They take streams after their name, too (`takeStreams`). */
export const ONLY = ['--only <stream...>', 'these streams only; the same as to name them after the command'] as const;

/** Whether a command is about streams. */
export const isAboutStreams = ({ options }: CommandUnknownOpts): boolean =>
  options.some(({ long }) => long === '--only');

/** Lets a command about streams take them after its name: `status trades` is `status --only trades`. */
export function takeStreams(command: CommandUnknownOpts): void {
  command
    .usage('[options] [streams...]')
    .allowExcessArguments()
    .hook('preAction', (_command, { args }) => {
      const { only = [] } = command.opts() as { only?: string[] };
      if (args.length > 0) command.setOptionValueWithSource('only', [...only, ...args], 'cli');
    });
}

/** A command that prints data. */
export const outputCommand = (parent: CommandUnknownOpts, name: string, formats = 'text or json') =>
  parent
    .command(name)
    .addOption(new Option('-o, --output <format>', formats).choices(['text', 'json']).default('text'));

/** A command that reports findings; what it compares with is its own business. */
export const reportCommand = (parent: CommandUnknownOpts, name: string) =>
  parent
    .command(name)
    .addOption(new Option('-o, --format <format>', 'how to report').choices(REPORT_FORMATS).default('text'))
    .option(...ONLY);

/** A command about an environment. */
export const environmentCommand = (parent: CommandUnknownOpts, name: string) =>
  outputCommand(parent, name).option('-e, --env <name>', 'environment of connect.yaml');

/** A command about streams of an environment. */
export const streamCommand = (parent: CommandUnknownOpts, name: string) =>
  environmentCommand(parent, name).option(...ONLY);

/** A command that acts on deployed sinks. Without `--timeout` it waits as long as actions take where the sinks run. */
export const sinkCommand = (parent: CommandUnknownOpts, name: string) =>
  streamCommand(parent, name).option(
    '--timeout <duration>',
    'how long to wait for each sink, and for each operation on MSK Connect (default: 2m, on MSK Connect 30m)',
    parseDuration,
  );

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration as flags take it: `90s`, `5m`, `1h`, `500ms`; in milliseconds. */
export function parseDuration(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  const milliseconds = Number(amount) * (UNITS[unit] ?? 0);
  if (milliseconds <= 0) throw new InvalidArgumentError('a duration is a number with a unit: 90s, 5m, 1h.');
  return milliseconds;
}

/** A parser of whole numbers within bounds, both included. */
export const wholeNumber =
  (from: number, to: number) =>
  (text: string): number => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= from && value <= to) return value;
    throw new InvalidArgumentError(`a whole number from ${from} to ${to}.`);
  };

/** A number above 0, with or without a fraction. */
export function positiveNumber(text: string): number {
  if (/^\d{1,9}(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('a number above 0.');
}

/** A slot: 64 bits. */
export function parseSlot(text: string): bigint {
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('a slot is a whole number from 0 on.');
}

/** Collects the values of a flag that may be given several times. */
export const collect = (word: string, words: readonly string[] = []): string[] => [...words, word];

/** The flag of long-running commands that can be scraped. */
export const metricsOption = (port: number) =>
  new Option(
    '--metrics [host:port]',
    `serve /metrics, /healthz and /readyz there (default: 127.0.0.1:${port}; whoever reaches it can read it)`,
  )
    .argParser(parseListenAddress)
    .preset(`127.0.0.1:${port}`);

/** `127.0.0.1:9464`, `[::1]:9464`, or a port alone, which is one of 127.0.0.1. Port 0 takes any that is free. */
function parseListenAddress(text: string): { readonly host: string; readonly port: number } {
  const [, host = '127.0.0.1', digits = ''] = /^(?:([\w.-]+|\[[\da-f:.]+\]):)?(\d{1,5})$/i.exec(text) ?? [];
  if (digits === '' || Number(digits) > 65_535) {
    throw new InvalidArgumentError('an address is HOST:PORT, or a port of 127.0.0.1.');
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(digits) };
}
