import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { createContext } from '../../cli/context.ts';
import { createProgram } from '../../cli/main.ts';

const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });

const program = createProgram(
  createContext({
    env: {},
    cwd: '/',
    stdout: nowhere,
    stderr: nowhere,
    isTty: false,
    signal: new AbortController().signal,
    setExitCode: () => {},
  }),
);

/** Every command that can be run, with the words it is called by. */
export function leafCommands(command: Command = program, path: readonly string[] = []): LeafCommand[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((child) => leafCommands(child, [...path, child.name()]));
}

export interface LeafCommand {
  readonly path: readonly string[];
  readonly command: Command;
}
