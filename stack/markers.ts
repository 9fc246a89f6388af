import type { StateFolder } from './folders.ts';
import type { PartName } from './types.ts';

/** The command line argument by which a part of this project is told from every other process on the machine. */
export function partMarker(folder: StateFolder, part: PartName): string {
  // PostgreSQL takes no arguments but settings; this one it also shows in the titles of its processes.
  if (part === 'postgres') return `cluster_name=perps-connect-${folder.id}`;
  return `-Dperps.connect.part=${folder.id}:${part}`;
}
