import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

interface RenderFlags {
  readonly env?: string;
  readonly only?: string[];
  readonly explain?: boolean;
  readonly output: 'text' | 'json';
}

/** `connect render`: the sink configurations that `connect deploy` would send. */
export function registerRender(program: Command, context: CliContext): void {
  program
    .command('render')
    .description('print the sink configuration that deploy would send; asks no server')
    .option('-e, --env <name>', 'environment of connect.yaml')
    .option('--only <stream...>', 'these streams only')
    .option('--explain', 'with the reason of each setting')
    .option('-o, --output <format>', 'text or json', 'text')
    .action(async (flags: RenderFlags) => {
      const [{ projectFile, selectEnvironment, selectStreams }, { loadAvroSchema }, { explainSink }] =
        await Promise.all([
          import('../../pipeline/load.ts'),
          import('../../schemas/avro-schema.ts'),
          import('../../connectors/render.ts'),
        ]);
      const project = await context.loadProject();
      const environment = selectEnvironment(project, flags.env);
      const sinks = selectStreams(project, flags.only).map((stream) => {
        const { fields } = loadAvroSchema(projectFile(project, stream.schema));
        return { name: stream.sink.name, settings: explainSink(stream, environment, fields) };
      });
      if (flags.output === 'json') {
        context.json({
          environment: environment.name,
          connectors: sinks.map(({ name, settings }) => ({
            name,
            config: Object.fromEntries(settings.map(({ key, value }) => [key, value])),
            ...(flags.explain ? { reasons: Object.fromEntries(settings.map(({ key, reason }) => [key, reason])) } : {}),
          })),
        });
        return;
      }
      for (const [index, { name, settings }] of sinks.entries()) {
        if (index > 0) context.print('');
        context.print(`# ${name} (${environment.name})`);
        for (const { key, value, reason } of settings) {
          if (flags.explain) context.print(`# ${reason}`);
          context.print(`${key}=${value}`);
        }
      }
    });
}
