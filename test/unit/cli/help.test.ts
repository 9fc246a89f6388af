import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createContext } from '../../../cli/context.ts';
import { createProgram, run } from '../../../cli/main.ts';

function capture(): { stream: Writable; text: () => string } {
  let written = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  });
  return { stream, text: () => written };
}

function contextWith(setExitCode: (code: number) => void = () => {}) {
  const stdout = capture();
  const stderr = capture();
  const context = createContext({
    env: {},
    cwd: '/',
    stdout: stdout.stream,
    stderr: stderr.stream,
    isTty: false,
    signal: new AbortController().signal,
    setExitCode,
  });
  return { context, stdout, stderr };
}

const withChildren = (command: Command): Command[] => [command, ...command.commands.flatMap(withChildren)];

describe('the command line', () => {
  const program = createProgram(contextWith().context);

  it.each(withChildren(program).map((command) => [command.name(), command] as const))(
    'describes %s',
    (_name, command) => {
      expect(command.helpInformation()).toContain('Usage:');
      expect(command.description()).not.toBe('');
    },
  );

  it('ends with 64 and a suggestion on a misspelt command', async () => {
    const codes: number[] = [];
    const { context, stderr } = contextWith((code) => codes.push(code));
    await run(['deplyo'], context);
    expect(codes).toEqual([64]);
    expect(stderr.text()).toContain('deploy');
  });

  it('says in text and in JSON that there is no project', async () => {
    const codes: number[] = [];
    const { context, stdout, stderr } = contextWith((code) => codes.push(code));
    await run(['status', '-o', 'json'], context);
    expect(codes).toEqual([64]);
    expect(JSON.parse(stdout.text())).toMatchObject({ error: { code: 'USAGE' } });
    expect(stderr.text()).toContain('no connect.yaml');
  });
});
