import type { MskConnect } from '../../pipeline/msk-connect.ts';
import type { DeployWait } from '../host.ts';
import type { SinkGroups } from '../sink-group.ts';
import type { MskApi } from './api.ts';
import type { DesiredMskSink } from './desired.ts';
import type { WantedPlugin } from './resources.ts';
import type { TaskEvidence } from './wait-for-tasks.ts';

/** One deploy to MSK Connect on its way, once it was agreed to. */
export interface MskDeployment {
  readonly api: MskApi;
  readonly connect: Pick<MskConnect, 'role' | 'tags'>;
  readonly groups: SinkGroups;
  readonly desired: DesiredMskSink;
  readonly plugin: WantedPlugin;
  readonly evidence: TaskEvidence;
  readonly wait: DeployWait;
}
