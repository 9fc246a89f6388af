import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type StreamFlags, withStreamFlags } from '../flags.ts';
import { registrationLine } from '../render/schemas-register.ts';
import { addSchemasCheck } from './schemas-check.ts';

/** `connect schemas register|check`. */
export function registerSchemas(program: Command, context: CliContext): void {
  const schemas = program.command('schemas').description('register the Avro schemas, or check a change of them');
  withStreamFlags(
    schemas.command('register').description("set each subject's compatibility level, then register its schema"),
  ).action(async (flags: StreamFlags) => {
    const { registerSchemas: register } = await import('../../app/schemas-register.ts');
    const session = await context.session(flags);
    const subjects = await register(session);
    context.show(flags.output, { environment: session.environment.name, subjects }, () =>
      subjects.map(registrationLine),
    );
  });
  addSchemasCheck(schemas, context);
}
