import type { Argument, CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import type { ProjectNames } from '../../app/project-names.ts';
import { isAboutStreams } from '../flags.ts';

/** One word that may stand at the cursor. */
export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** Candidates, or that the shell knows better: file names. */
export type Completion = readonly Candidate[] | 'files';

/**
 * What may stand at the last of `words` (the words after `connect`; the last is what is typed of it so far), by the
 * commands themselves and the names of the project. Pure.
 */
export function complete(program: CommandUnknownOpts, words: readonly string[], names: ProjectNames): Completion {
  const { before, current, prefix } = cursorOf(words);
  let command = program;
  let positional = 0;
  let pending: Option | undefined;
  for (const word of before) {
    if (pending !== undefined && !word.startsWith('-')) {
      if (!pending.variadic) pending = undefined;
    } else if (word.startsWith('-')) {
      const option = optionOf(command, word);
      pending = option !== undefined && takesValue(option) && !word.includes('=') ? option : undefined;
    } else {
      const child = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
      if (child === undefined) positional += 1;
      else [command, positional] = [child, 0];
    }
  }
  const fits = (candidates: Completion): Completion =>
    candidates === 'files'
      ? 'files'
      : candidates
          .filter(({ value }) => value.startsWith(current))
          .map((candidate) => ({ ...candidate, value: prefix + candidate.value }));
  if (pending !== undefined && !current.startsWith('-')) return fits(valuesOf(pending, names));
  if (current.startsWith('-')) return fits(flags(command, before));
  const children = fits(positional === 0 ? subcommands(command) : []);
  if (isAboutStreams(command)) return fits(names.streams.map((value) => ({ value })));
  const argument = command.registeredArguments[positional];
  return argument === undefined || children.length > 0 ? children : fits(valuesOf(argument, names));
}

/**
 * The words before the last, what is typed of that one, and what the candidates begin with besides. `--output js`, `--output=js`
 * and bash's `--output`, `=`, `js` are all one.
 */
function cursorOf(words: readonly string[]) {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const attached = /^(--[\w-]+)=(.*)$/.exec(current);
  if (attached !== null) {
    const [, flag = '', value = ''] = attached;
    return { before: [...before, flag], current: value, prefix: `${flag}=` };
  }
  if (current === '=') return { before, current: '', prefix: '' };
  return { before: before.filter((word) => word !== '='), current, prefix: '' };
}

const optionOf = (command: CommandUnknownOpts, word: string): Option | undefined => {
  const flag = word.split('=')[0];
  return command.options.find((option) => option.long === flag || option.short === flag);
};

const takesValue = (option: Option): boolean => option.required || option.optional;

function flags(command: CommandUnknownOpts, before: readonly string[]): Candidate[] {
  const own = command.options.filter(
    (option) => !option.hidden && (option.variadic || !before.some((word) => optionOf(command, word) === option)),
  );
  const listed = own.map(({ long, short, description }) => ({ value: long ?? short ?? '', description }));
  return [...listed, { value: '--help', description: 'display help for command' }];
}

function subcommands(command: CommandUnknownOpts): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((child) => ({ value: child.name(), description: child.description() }));
}

const FILES = /file|folder|path|plan|dir/;

/** By its choices, or by what its name says it is. */
function valuesOf(wanted: Option | Argument, names: ProjectNames): Completion {
  const name = 'long' in wanted ? (/<([^.>]+)/.exec(wanted.flags)?.[1] ?? '') : wanted.name();
  const long = 'long' in wanted ? wanted.long : undefined;
  if (wanted.argChoices !== undefined) return wanted.argChoices.map((value) => ({ value }));
  if (long === '--env') return names.environments.map((value) => ({ value }));
  if (name === 'stream') return names.streams.map((value) => ({ value }));
  if (name === 'connector' || (name === 'name' && long === undefined)) {
    return names.connectors.map((value) => ({ value }));
  }
  return FILES.test(name) ? 'files' : [];
}
