import type { Command } from 'commander';
import type { StreamStatus } from '../../operate/status.ts';
import type { CliContext } from '../context.ts';
import { type StreamFlags, withStreamFlags } from '../flags.ts';

interface StatusFlags extends StreamFlags {
  readonly watch?: boolean;
}

const WATCH_EVERY_MS = 2_000;

/** `connect status [--watch]`: connector, tasks, lag, rows and refused records of each stream. */
export function registerStatus(program: Command, context: CliContext): void {
  withStreamFlags(
    program.command('status').description('show connector, tasks, lag, rows and refused records of each stream'),
  )
    .option('--watch', 'look again every 2 s until Ctrl-C; as JSON one document a line')
    .action(async (flags: StatusFlags) => {
      const [
        { observeStream },
        { connectTarget },
        { kafkaConnection },
        connections,
        { selectEnvironment, selectStreams },
      ] = await Promise.all([
        import('../../operate/status.ts'),
        import('../../app/connect-target.ts'),
        import('../../connectors/kafka-connection.ts'),
        import('../../pipeline/connections.ts'),
        import('../../pipeline/load.ts'),
      ]);
      const project = await context.loadProject();
      const environment = selectEnvironment(project, flags.env);
      const streams = selectStreams(project, flags.only);
      const secrets = context.secrets(project);
      const target = connectTarget(environment, secrets);
      const kafka = kafkaConnection(environment, secrets);
      const database = connections.databaseConnection(environment, secrets);
      const observe = () => Promise.all(streams.map((stream) => observeStream({ stream, target, kafka, database })));
      const { statusLines } = await import('../render-status.ts');
      const document = (observed: StreamStatus[]) => ({
        environment: environment.name,
        target: environment.connect.target,
        streams: observed,
      });
      if (flags.watch === true) {
        const { jsonLine, watch } = await import('../watch.ts');
        const options = { everyMs: WATCH_EVERY_MS, bare: flags.output === 'json' };
        await watch(context, options, async () => {
          const observed = await observe();
          return flags.output === 'json'
            ? [jsonLine(document(observed))]
            : statusLines(observed, environment.connect.target);
        });
        return;
      }
      const observed = await observe();
      if (observed.some((status) => status.unanswered.length > 0)) context.setExitCode(1);
      if (flags.output === 'json') context.json(document(observed));
      else for (const line of statusLines(observed, environment.connect.target)) context.print(line);
    });
}
