import type { Registration } from '../../app/schemas-register.ts';
import { ConnectError } from '../../core/errors.ts';
import type { Register } from '../context.ts';
import { reportCommand, streamCommand } from '../flags.ts';
import { showFindings } from '../render/findings.ts';

/** `connect schemas register|check`. A check ends with 3 when something breaks. */
export const registerSchemas: Register = (program, context) => {
  const schemas = program.command('schemas').description('register the Avro schemas, or check a change of them');

  streamCommand(schemas, 'register')
    .description("set each subject's compatibility level, then register its schema")
    .action(async (flags) => {
      const { registerSchemas: register } = await import('../../app/schemas-register.ts');
      const session = await context.session(flags);
      const subjects = await register(session);
      context.answer(session, { subjects }, () => subjects.map(registrationLine));
    });

  reportCommand(schemas, 'check')
    .description('say what a change of schemas and .proto files breaks, and for whom; exit 3 if it breaks anything')
    .option('--against <ref>', 'compare with a branch, tag or commit of git, for example main, origin/main or v1.2.0')
    .option('-e, --env <name>', 'compare with the registry of this environment of connect.yaml')
    .option(
      '--level <level>',
      'compatibility level (default: BACKWARD_TRANSITIVE, or a stricter one that the registry has)',
    )
    .action(async (flags) => {
      if (flags.against === undefined && flags.env === undefined) {
        throw new ConnectError('USAGE', 'schemas check needs something to compare with', {
          hint: 'give --against main for git, -e <environment> for its registry, or both',
        });
      }
      const { checkSchemas } = await import('../../app/schemas-check.ts');
      const { findings, prefix, subject } = await checkSchemas(context, flags);
      const others = `compared with ${subject}`;
      showFindings(context, findings, { title: 'connect schemas check', prefix }, (found, notes) =>
        found === undefined ? `✓ schemas are compatible${notes}; ${others}` : `✗ ${found}${notes}; ${others}`,
      );
    });
};

const registrationLine = ({ subject, version, id, level, outcome }: Registration): string =>
  `${outcome === 'registered' ? '+' : '='} ${subject}  version ${version}, id ${id}, ${level}  ${outcome}`;
