import { POLICY_ROLES, type PolicyRole } from '../connectors/msk/iam/commands.ts';
import { rolePolicy, sizeNotes } from '../connectors/msk/iam/role-policy.ts';
import { workerPolicies } from '../connectors/msk/iam/worker-policy.ts';
import { requireMsk } from './choose-host.ts';
import type { Session } from './session.ts';

/** The policies of an environment on MSK Connect, for the selected streams. Errors: USAGE for any other environment. */
export function iamPolicies(session: Session, asked: readonly PolicyRole[] = POLICY_ROLES) {
  const environment = requireMsk(session.environment);
  const { streams } = session;
  const { connect, kafka } = environment;
  const notes: string[] = [];
  const policies = asked.map((role) => {
    if (role === 'worker') {
      const sinks = streams.map((stream) => session.desiredSink(stream));
      const { trust, permissions, notes: unknown } = workerPolicies(environment, sinks);
      notes.push(...unknown, ...sizeNotes(role, permissions));
      return [role, { trustPolicy: trust, policy: permissions }] as const;
    }
    const document = rolePolicy(role, environment, streams);
    notes.push(...sizeNotes(role, document));
    return [role, { policy: document }] as const;
  });
  if ((connect.cluster ?? kafka.cluster) === undefined) {
    notes.push("connect.cluster is not set, so that the policies are about every cluster of the account's region");
  }
  if (asked.includes('deployer') && Object.keys(connect.tags).length === 0) {
    notes.push(
      'connect.tags is not set, so that PruneConnectors is about every connector; leave it out if nobody prunes',
    );
  }
  return { policies: Object.fromEntries(policies), notes };
}
