import { ConnectError } from '../../core/errors.ts';
import type { Register } from '../context.ts';
import { selectPrompt } from '../select-prompt.ts';

/** `connect psql`: the environment's database, by psql where it is installed, else by a prompt that only reads. */
export const registerPsql: Register = (program, context) => {
  program
    .command('psql')
    .description("open the environment's database with psql to read; without psql, a prompt that reads only")
    .argument('[arguments...]', 'for psql, after `--`: `connect psql -- --csv`')
    .option('-e, --env <name>', 'environment of connect.yaml')
    .option('-c, --command <sql>', 'run this and end')
    .option('--write', 'as the login that owns the tables; without it transactions are read only')
    .action(async (args, { command, write, ...flags }) => {
      const { findPsql, runPsql, withReadOnlySession } = await import('../../app/psql.ts');
      const session = await context.session(flags);
      const psql = findPsql(context.env);
      if (psql !== undefined) {
        const commands = command === undefined ? [] : ['--command', command];
        context.setExitCode(await runPsql(session, psql, { args: [...commands, ...args], writes: write }));
        return;
      }
      if (write) {
        throw new ConnectError('USAGE', 'the prompt only reads, and psql is not installed', {
          hint: 'install psql, the client of PostgreSQL',
        });
      }
      await withReadOnlySession(session, (query) => selectPrompt(context, { query, command }));
    });
};
