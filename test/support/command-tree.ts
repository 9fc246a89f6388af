import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { createProgram } from '../../cli/main.ts';
import { capturedContext } from './captured-context.ts';

const program = createProgram(capturedContext().context);

/** Every command that can be run, with the words it is called by. */
export function leafCommands(command: CommandUnknownOpts = program, path: readonly string[] = []): LeafCommand[] {
  const children = command.commands.flatMap((child) => leafCommands(child, [...path, child.name()]));
  // One with arguments of its own can be run as well as its children.
  return command.commands.length === 0 || command.registeredArguments.length > 0
    ? [{ path, command }, ...children]
    : children;
}

export interface LeafCommand {
  readonly path: readonly string[];
  readonly command: CommandUnknownOpts;
}
