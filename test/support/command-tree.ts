import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { createProgram } from '../../cli/main.ts';
import { capturedContext } from './captured-context.ts';

const program = createProgram(capturedContext().context);

/** Every command that can be run, with the words it is called by. */
export function leafCommands(command: CommandUnknownOpts = program, path: readonly string[] = []): LeafCommand[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((child) => leafCommands(child, [...path, child.name()]));
}

export interface LeafCommand {
  readonly path: readonly string[];
  readonly command: CommandUnknownOpts;
}
