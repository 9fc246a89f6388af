import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { describe, expect, it } from 'vitest';
import { isAboutStreams } from '../../../cli/flags.ts';
import { createProgram, run } from '../../../cli/main.ts';
import { capturedContext } from '../../support/captured-context.ts';
import { leafCommands } from '../../support/command-tree.ts';

const withChildren = (command: CommandUnknownOpts): CommandUnknownOpts[] => [
  command,
  ...command.commands.flatMap(withChildren),
];

describe('the command line', () => {
  const program = createProgram(capturedContext().context);

  it.each(withChildren(program).map((command) => [command.name(), command] as const))(
    'describes %s',
    (_name, command) => {
      expect(command.helpInformation()).toContain('Usage:');
      expect(command.description()).not.toBe('');
    },
  );

  it('lists the five commands of every day first and apart from the others', () => {
    const [, daily = ''] = program.helpInformation().split('Every day:\n');
    const [first = ''] = daily.split('\n\n');
    expect([...first.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name)).toEqual([
      'status',
      'plan',
      'deploy',
      'verify',
      'doctor',
    ]);
  });

  it('ends with 64 and a suggestion on a misspelt command', async () => {
    const { context, said } = capturedContext();
    await run(['deplyo'], context);
    expect(said.code).toBe(64);
    expect(said.stderr).toContain('deploy');
  });

  it.each([
    ['deplyo', '--help'],
    ['--help', 'deplyo'],
    ['-h', 'deplyo', '-o', 'json'],
    ['schemas', 'regster', '--help'],
  ])('refuses an unknown command that asks for help: %s %s %s %s', async (...words) => {
    const { context, said } = capturedContext();
    await run(words, context);
    expect(said.code).toBe(64);
    expect(said.stdout).toBe('');
    expect(said.stderr).toMatch(/unknown command '(deplyo|regster)'\n\(Did you mean (deploy|register)\?\)/);
  });

  it.each([[['--help']], [['deploy', '--help']], [['schemas', 'check', '-h']], [['help', 'deploy']]])(
    'gives help on %j',
    async (words) => {
      const { context, said } = capturedContext();
      await run(words, context);
      expect(said.code).toBe(0);
      expect(said.stdout).toContain('Usage: connect');
    },
  );

  it.each(
    leafCommands().flatMap(({ path, command }) => {
      const format = command.options.find(({ short }) => short === '-o');
      const words = command.registeredArguments.map(({ argChoices }) => argChoices?.[0] ?? 'name');
      return format === undefined ? [] : [[path.join(' '), [...path, ...words, format.long ?? '', 'jsno']] as const];
    }),
  )('%s refuses a format that it does not have', async (_name, words) => {
    const { context, said } = capturedContext();
    await run(words, context);
    expect(said.code).toBe(64);
    expect(said.stderr).toMatch(/argument 'jsno' is invalid\. Allowed choices are text, json/);
  });

  it.each(
    leafCommands(createProgram(capturedContext().context))
      .filter(({ command }) => isAboutStreams(command))
      .map(({ path, command }) => [path.join(' '), path, command] as const),
  )('%s takes streams after its name, as --only does', async (_name, path, command) => {
    expect(command.helpInformation()).toMatch(/^Usage: .* \[options\] \[streams\.\.\.\]$/m);
    const needed = command.options
      .filter(({ mandatory }) => mandatory)
      .flatMap(({ long }) => [long ?? '', long === '--before' ? '2026-03-01' : 'latest']);
    let root = command;
    while (root.parent !== null) root = root.parent;
    let only: unknown;
    command.action(() => {
      only = command.opts().only;
    });
    await root.parseAsync([...path, 'a', ...needed, 'b', '--only', 'c'], { from: 'user' });
    expect(only).toEqual(['c', 'a', 'b']);
  });

  it.each([
    ['check', '--only', 'nothing', '--format', 'json'],
    ['check', '--only', 'nothing', '--format=json'],
    ['schemas', 'check', '--against', 'main', '--format', 'json'],
    ['schemas', 'check', '--against', 'main', '-o', 'json'],
  ])('an error of %s is JSON where that is the format: %s %s %s %s', async (...words) => {
    const { context, said } = capturedContext();
    await run(words, context);
    expect(JSON.parse(said.stdout)).toMatchObject({ error: { code: 'USAGE' } });
  });

  it('says in text and in JSON that there is no project', async () => {
    const { context, said } = capturedContext();
    await run(['status', '-o', 'json'], context);
    expect(said.code).toBe(64);
    expect(JSON.parse(said.stdout)).toMatchObject({ error: { code: 'USAGE' } });
    expect(said.stderr).toContain('no connect.yaml');
  });
});
