import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { ConnectError, type ErrorCode } from '../../../core/errors.ts';
import { leafCommands } from '../command-tree.ts';
import { keyTable, titleOf } from './schema-tables.ts';

const root = resolve(import.meta.dirname, '../../..');

const written = (what: string): string =>
  `This page is made from ${what}. \`npx -y pnpm reference\` writes it; a test holds it to the code.`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** `[name]`, `<name…>` of a command's arguments. */
const argumentsOf = (command: CommandUnknownOpts): string =>
  command.registeredArguments
    .map((argument) => {
      const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
      return argument.required ? ` <${name}>` : ` [${name}]`;
    })
    .join('');

function optionRow({ flags, description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const choices = argChoices === undefined ? '' : ` One of ${argChoices.map((one) => `\`${one}\``).join(', ')}.`;
  const shown = defaultValueDescription ?? (typeof defaultValue === 'string' ? defaultValue : undefined);
  return `| \`${flags}\` | ${cell(description)}.${choices}${shown === undefined ? '' : ` Default: \`${shown}\`.`} |`;
}

type Option = CommandUnknownOpts['options'][number];

function commandSection({ path, command }: { path: readonly string[]; command: CommandUnknownOpts }): string[] {
  const name = `connect ${path.join(' ')}`;
  const rows = command.options.map(optionRow);
  return [
    '',
    `## ${name}`,
    '',
    '```',
    `${name}${argumentsOf(command)}${rows.length > 0 ? ' [options]' : ''}`,
    '```',
    '',
    `${sentence(command.description())}`,
    ...(rows.length === 0 ? [] : ['', '| option | |', '|---|---|', ...rows]),
  ];
}

const sentence = (text: string): string => {
  const shown = text.replaceAll('<', '&lt;');
  return `${shown.charAt(0).toUpperCase()}${shown.slice(1)}${/[.!?]$/.test(shown) ? '' : '.'}`;
};

function commands(): string[] {
  // What begins with underscores is for shells, not for people.
  const shown = leafCommands().filter(({ path }) => !path[0]?.startsWith('_'));
  return ['# Commands', '', written('the commands themselves'), ...shown.flatMap(commandSection)];
}

const schemaPage = (title: string, file: string, intro: string): string[] => [
  `# ${title}`,
  '',
  `${intro} A key with * must be given. ${written(`\`${file}\``)}`,
  '',
  ...keyTable(join(root, file)),
];

/** The codes as the table of `core/errors.ts` has them, in its order. */
const errorCodes = (): ErrorCode[] =>
  [...readFileSync(join(root, 'core/errors.ts'), 'utf8').matchAll(/^ {2}([A-Z_]+): \{ exit/gm)].map(
    ([, code]) => code as ErrorCode,
  );

function exitCodes(): string[] {
  return [
    '# Error codes',
    '',
    `With \`-o json\` a command that fails prints \`{"error": {"code": …}}\`. [output.md](../output.md#exit-codes) has what the exit codes mean. ${written('`core/errors.ts`')}`,
    '',
    '| code | exit code | may a second try help? |',
    '|---|---|---|',
    ...errorCodes().map((code) => {
      const error = new ConnectError(code, '');
      return `| \`${code}\` | ${error.exitCode} | ${error.retryable ? 'yes' : 'no'} |`;
    }),
  ];
}

function jsonOutput(): string[] {
  const files = readdirSync(join(root, 'cli/output-schemas')).filter((name) => !name.startsWith('common'));
  return [
    '# JSON output',
    '',
    `What commands print with \`-o json\`. A key with * is always there. ${written('`cli/output-schemas/`')}`,
    '',
    '## An error',
    '',
    'What takes the place of any of these documents when a command fails; [error-codes.md](error-codes.md) has the codes.',
    '',
    ...keyTable(join(root, 'cli/output-schemas/common.schema.json'), 'error'),
    ...files.flatMap((name) => {
      const path = join(root, 'cli/output-schemas', name);
      return ['', `## ${titleOf(path)}`, '', ...keyTable(path)];
    }),
  ];
}

/** The pages of `docs/reference/` by their names. */
export function referenceDocuments(): Readonly<Record<string, string>> {
  const pages = {
    'commands.md': commands(),
    'connect-yaml.md': schemaPage(
      'connect.yaml',
      'pipeline/environment.schema.json',
      'The environments of a project. `NAME` stands for a name that you choose.',
    ),
    'definitions.md': schemaPage(
      'Definitions',
      'pipeline/definition.schema.json',
      'A file in `connectors/` defines one stream.',
    ),
    'error-codes.md': exitCodes(),
    'json-output.md': jsonOutput(),
  };
  return Object.fromEntries(Object.entries(pages).map(([name, lines]) => [name, `${lines.join('\n')}\n`]));
}
