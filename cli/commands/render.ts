import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type StreamFlags, withStreamFlags } from '../flags.ts';

interface RenderFlags extends StreamFlags {
  readonly explain?: boolean;
}

/** `connect render`: the sink configurations that `connect deploy` would send. */
export function registerRender(program: Command, context: CliContext): void {
  withStreamFlags(
    program.command('render').description('print the sink configuration that deploy would send; asks no server'),
  )
    .option('--explain', 'with the reason of each setting')
    .action(async (flags: RenderFlags) => {
      const [{ projectFile, selectEnvironment, selectStreams }, { loadAvroSchema }, { explainSink }] =
        await Promise.all([
          import('../../pipeline/load.ts'),
          import('../../schemas/avro-schema.ts'),
          import('../../connectors/render/render-sink.ts'),
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
