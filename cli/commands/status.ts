import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

interface StatusFlags {
  readonly env?: string;
  readonly only?: string[];
  readonly output: 'text' | 'json';
}

/** `connect status`: connector, tasks, lag, rows and refused records of each stream. */
export function registerStatus(program: Command, context: CliContext): void {
  program
    .command('status')
    .description('show connector, tasks, lag, rows and refused records of each stream')
    .option('-e, --env <name>', 'environment of connect.yaml')
    .option('--only <stream...>', 'these streams only')
    .option('-o, --output <format>', 'text or json', 'text')
    .action(async (flags: StatusFlags) => {
      const [{ observeStream }, { connectTarget }, connections, { selectEnvironment, selectStreams }] =
        await Promise.all([
          import('../../operate/status.ts'),
          import('../connect-target.ts'),
          import('../../pipeline/connections.ts'),
          import('../../pipeline/load.ts'),
        ]);
      const project = await context.loadProject();
      const environment = selectEnvironment(project, flags.env);
      const streams = selectStreams(project, flags.only);
      const secrets = context.secrets(project);
      const target = connectTarget(environment, secrets);
      const kafka = connections.kafkaConnection(environment, secrets);
      const database = connections.databaseConnection(environment, secrets);
      const observed = await Promise.all(streams.map((stream) => observeStream({ stream, target, kafka, database })));
      if (observed.some((status) => status.unanswered.length > 0)) context.setExitCode(1);
      if (flags.output === 'json') {
        context.json({ environment: environment.name, target: environment.connect.target, streams: observed });
        return;
      }
      const { statusLines } = await import('../render-status.ts');
      for (const line of statusLines(observed, environment.connect.target)) context.print(line);
    });
}
