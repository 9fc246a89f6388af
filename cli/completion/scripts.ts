import { packageFile } from '../../core/package-root.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** The hidden command that the scripts ask at each key stroke. It answers a line for each candidate, `word TAB description`. */
export const COMPLETE_COMMAND = '__complete';
/** The answer that leaves it to the shell: file names. */
export const FILES_ANSWER = ':files';

/** What a shell has to read to complete `connect`. */
export const completionScript = (shell: (typeof SHELLS)[number]): string =>
  packageFile(`cli/completion/connect.${shell}`);
