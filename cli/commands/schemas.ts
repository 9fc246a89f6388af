import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type StreamFlags, withStreamFlags } from '../flags.ts';
import { addSchemasCheck } from './schemas-check.ts';

/** `connect schemas register|check`. */
export function registerSchemas(program: Command, context: CliContext): void {
  const schemas = program.command('schemas').description('register the Avro schemas, or check a change of them');
  withStreamFlags(
    schemas.command('register').description("set each subject's compatibility level, then register its schema"),
  ).action(async (flags: StreamFlags) => {
    const [{ selectEnvironment, selectStreams }, { registerStreams }] = await Promise.all([
      import('../../pipeline/load.ts'),
      import('../register-streams.ts'),
    ]);
    const project = await context.loadProject();
    const environment = selectEnvironment(project, flags.env);
    const done = await registerStreams(context, project, environment, selectStreams(project, flags.only));
    if (flags.output === 'json') context.json({ environment: environment.name, subjects: done });
    else {
      for (const { subject, version, id, level, outcome } of done) {
        const sign = outcome === 'registered' ? '+' : '=';
        context.print(`${sign} ${subject}  version ${version}, id ${id}, ${level}  ${outcome}`);
      }
    }
  });
  addSchemasCheck(schemas, context);
}
