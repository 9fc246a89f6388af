import { Argument } from '@commander-js/extra-typings';
import { COMPLETE_COMMAND, completionScript, FILES_ANSWER, SHELLS } from '../completion/scripts.ts';
import type { Register } from '../context.ts';

/** `connect completion bash|zsh|fish`, and the hidden command that what it prints asks for candidates. */
export const registerCompletion: Register = (program, context) => {
  program
    .command('completion')
    .description(
      'print the script that makes your shell complete commands, flags, environments, streams and connectors',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', HELP)
    .action((shell) => void context.stdout.write(completionScript(shell)));

  program
    .command(COMPLETE_COMMAND, { hidden: true })
    .description('candidates for the last of these words')
    .argument('[words...]')
    .action(async (words) => {
      // Between two key strokes nobody wants to read an error.
      const { projectNames } = await import('../../app/project-names.ts');
      const { complete } = await import('../completion/complete.ts');
      const found = complete(program, words, projectNames(context));
      if (found === 'files') context.print(FILES_ANSWER);
      else for (const { value, description = '' } of found) context.print(`${value}\t${description}`);
    });
};

const HELP = `
bash  add to ~/.bashrc:  source <(connect completion bash)
zsh   add to ~/.zshrc, after compinit:  source <(connect completion zsh)
fish  connect completion fish > ~/.config/fish/completions/connect.fish`;
