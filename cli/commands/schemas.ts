import type { Register } from '../context.ts';
import { type StreamFlags, streamCommand } from '../flags.ts';
import { registrationLine } from '../render/schemas-register.ts';
import { addSchemasCheck } from './schemas-check.ts';

/** `connect schemas register|check`. */
export const registerSchemas: Register = (program, context) => {
  const schemas = program.command('schemas').description('register the Avro schemas, or check a change of them');
  streamCommand(schemas, 'register', "set each subject's compatibility level, then register its schema").action(
    async (flags: StreamFlags) => {
      const { registerSchemas: register } = await import('../../app/schemas-register.ts');
      const session = await context.session(flags);
      const subjects = await register(session);
      context.answer(flags.output, session, { subjects }, () => subjects.map(registrationLine));
    },
  );
  addSchemasCheck(schemas, context);
};
