import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { ACL_ROLES } from '../../app/choices.ts';
import { ConnectError } from '../../core/errors.ts';
import type { Register } from '../context.ts';
import { streamCommand } from '../flags.ts';
import { aclDocument, aclLines } from '../render/acl.ts';

/** `connect acl`: the rights that each role needs in Kafka. */
export const registerAcl: Register = (program, context) => {
  streamCommand(program, 'acl')
    .description('print the least Kafka ACLs of producers, sinks and whoever runs commands; asks no server')
    .addOption(new Option('--role <role>', 'only of this role').choices(ACL_ROLES))
    .option(
      '--principal <principal>',
      'whom the rights are given to, with --role (default: User: and the name of the role)',
      parsePrincipal,
    )
    .option('--idempotent-write', 'also the right that brokers before Kafka 3.0 ask of whoever writes')
    .action(async ({ role, principal, idempotentWrite, ...flags }) => {
      if (principal !== undefined && role === undefined) {
        throw new ConnectError('USAGE', '--principal needs --role: one login is not to have the rights of every role', {
          hint: 'add --role, for example --role producer',
        });
      }
      const { kafkaAcls } = await import('../../app/acl.ts');
      const session = await context.session(flags);
      const { roles, notes } = kafkaAcls(session, { role, principal, idempotentWrite });
      context.note(...notes.map((note) => `! ${note}`));
      context.answer(session, aclDocument(roles), () => aclLines(session.environment.name, roles));
    });
};

/** As Kafka spells it: a kind and a name. Not everybody. */
function parsePrincipal(text: string): string {
  if (/^[A-Za-z]+:[^\p{C}]+$/u.test(text) && !text.endsWith(':*')) return text;
  throw new InvalidArgumentError('a principal is a kind and a name, e.g. User:perps-producer; User:* is everybody.');
}
