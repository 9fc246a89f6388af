import type { DeployWait } from '../host.ts';
import type { requireAgreed } from '../plan/require-agreed.ts';
import type { StartOffset } from '../plan/start-plan.ts';
import type { DesiredSink, ObservedSink } from '../sink-config.ts';
import type { GroupMembers } from '../sink-group.ts';
import type { RestApi } from './api.ts';

/** One deploy on its way, once it was agreed to. */
export interface Deployment {
  readonly api: RestApi;
  readonly desired: DesiredSink;
  readonly wait: DeployWait;
  readonly members: () => Promise<GroupMembers>;
  /** What was there before, its tasks with their configurations. */
  readonly before: ObservedSink | undefined;
  readonly entry: ReturnType<typeof requireAgreed>;
  /** Offsets that are set before a connector begins that is created. */
  readonly start: readonly StartOffset[];
}
