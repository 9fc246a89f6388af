import { type Command, InvalidArgumentError, Option } from 'commander';

export type OutputFormat = 'text' | 'json';

/** The flags of every command about an environment. */
export interface EnvironmentFlags {
  readonly env?: string | undefined;
  readonly output: OutputFormat;
}

/** The flags of every command about streams of an environment. */
export interface StreamFlags extends EnvironmentFlags {
  readonly only?: string[] | undefined;
}

/** The flags of every command that acts on deployed sinks. */
export interface SinkFlags extends StreamFlags {
  /** In milliseconds. Undefined: as long as actions take where the sinks run. */
  readonly timeout?: number | undefined;
}

export const withOutputFlag = (command: Command, description = 'text or json'): Command =>
  command.addOption(new Option('-o, --output <format>', description).choices(['text', 'json']).default('text'));

export const REPORT_FORMATS = ['text', 'json', 'github-actions', 'junit'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** How a command reports findings, for people and for CI. */
export const withReportFlag = (command: Command): Command =>
  command.addOption(new Option('-o, --format <format>', 'how to report').choices(REPORT_FORMATS).default('text'));

/** The flag of commands that ask before they act. */
export const YES = ['--yes', 'do it without asking'] as const;

/** Adds the flags of `EnvironmentFlags`. */
export const withEnvironmentFlags = (command: Command): Command =>
  withOutputFlag(command.option('-e, --env <name>', 'environment of connect.yaml'));

/** Adds the flags of `StreamFlags`. */
export const withStreamFlags = (command: Command): Command =>
  withEnvironmentFlags(command).option('--only <stream...>', 'these streams only');

/** Adds the flags of `SinkFlags`. */
export const withSinkFlags = (command: Command): Command =>
  withStreamFlags(command).option(
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
