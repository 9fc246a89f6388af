import type { Scrub } from '../../core/scrub.ts';
import type { SinkPlan } from '../host.ts';
import { planConnector } from '../plan/connector-plan.ts';
import { sinkFingerprint } from '../plan/fingerprint.ts';
import { hideSecrets } from '../plan/hide-secrets.ts';
import type { DesiredSink, ObservedSink } from '../sink-config.ts';
import type { SinkPosition } from '../sink-group.ts';

/** What becomes of a sink on a Connect cluster. `positions`: of the group of a sink that is not there. Pure. */
export const planRestSink = (
  desired: DesiredSink,
  live: ObservedSink | undefined,
  positions: readonly SinkPosition[],
  scrub: Scrub,
): SinkPlan => ({
  entries: hideSecrets([planConnector(desired, live, positions)], scrub),
  fingerprint: sinkFingerprint(desired, live, positions),
});
