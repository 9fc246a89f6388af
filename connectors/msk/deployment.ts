import type { MskConnect } from '../../pipeline/msk-connect.ts';
import type { DeployWait } from '../host.ts';
import type { SinkGroups } from '../sink-group.ts';
import type { Revision } from './api.ts';
import type { DesiredMskSink } from './desired.ts';
import type { MskApi } from './sdk/connect-api.ts';
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

/** The plugin of a sink: one that is there, or a ZIP that becomes one under a name made from its contents. */
export type WantedPlugin =
  | { readonly kind: 'existing'; readonly name: string; readonly revision: Revision }
  | {
      readonly kind: 'built';
      readonly name: string;
      readonly built: BuiltPlugin;
      readonly bucket: string;
      readonly key: string;
    };

/** A plugin ZIP on this machine, as `connect plugin build` writes it: the same jars make the same bytes. */
export interface BuiltPlugin {
  /** Absolute path. */
  readonly path: string;
  /** Hexadecimal; names the plugin on MSK Connect. */
  readonly sha256: string;
  /** Hexadecimal, as MSK Connect reports it. */
  readonly md5: string;
  readonly size: number;
}
