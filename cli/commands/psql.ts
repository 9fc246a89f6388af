import type { Register } from '../context.ts';
import { selectPrompt } from '../select-prompt.ts';

/** `connect psql`: the environment's database, by psql where it is installed, else by a prompt that only reads. */
export const registerPsql: Register = (program, context) => {
  program
    .command('psql')
    .description("open the environment's database with psql; without psql, a prompt that reads only")
    .argument('[arguments...]', 'for psql, after `--`: `connect psql -- --csv`')
    .option('-e, --env <name>', 'environment of connect.yaml')
    .option('-c, --command <sql>', 'run this and end')
    .action(async (args, { command, ...flags }) => {
      const { findPsql, runPsql, withReadOnlySession } = await import('../../app/psql.ts');
      const session = await context.session(flags);
      const psql = findPsql(context.env);
      if (psql !== undefined) {
        const commands = command === undefined ? [] : ['--command', command];
        context.setExitCode(await runPsql(session, psql, [...commands, ...args]));
        return;
      }
      await withReadOnlySession(session, (query) => selectPrompt(context, { query, command }));
    });
};
