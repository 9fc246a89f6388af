import { deployerPolicy } from '../connectors/msk/iam/deployer-policy.ts';
import { workerPolicies } from '../connectors/msk/iam/worker-policy.ts';
import { requireMsk } from './choose-host.ts';
import type { Session } from './session.ts';

/** The policies of an environment on MSK Connect, for the selected streams. Errors: USAGE for any other environment. */
export function iamPolicies(session: Session) {
  const environment = requireMsk(session.environment);
  const { streams } = session;
  const sinks = streams.map((stream) => session.desiredSink(stream));
  const { trust, permissions, notes } = workerPolicies(environment, sinks);
  const cluster = environment.connect.cluster ?? environment.kafka.cluster;
  const wide = "connect.cluster is not set, so that the policies are about every cluster of the account's region";
  return {
    worker: { trustPolicy: trust, policy: permissions },
    deployer: { policy: deployerPolicy(environment, streams) },
    notes: [...notes, ...(cluster === undefined ? [wide] : [])],
  };
}
