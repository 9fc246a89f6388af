import { type QuarantineResult, quarantine as quarantineSink } from '../operate/quarantine/quarantine.ts';
import type { QuarantinePlan } from '../operate/quarantine/quarantine-plan.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { Session } from './session.ts';
import { type EachSinkOptions, eachSink, type FailedSink } from './sinks.ts';

export type { QuarantinePlan, QuarantineResult };

export interface QuarantineOptions extends EachSinkOptions<QuarantineResult> {
  /** More records than this are no accident. */
  readonly max: number;
  readonly dryRun: boolean;
  readonly onPlan: (plan: QuarantinePlan, stream: StreamDefinition) => void;
  /** Throws when the plan is not wanted. */
  readonly agree: (plan: QuarantinePlan, stream: StreamDefinition) => Promise<void>;
}

/** Moves the records that stop the selected sinks to their dead letter topics, one sink after the other. */
export async function quarantine(
  session: Session,
  options: QuarantineOptions,
): Promise<(QuarantineResult | FailedSink)[]> {
  const { max, dryRun } = options;
  const { database } = session;
  const [registry, decoder] = [await session.registry(), await session.decoder()];
  return eachSink(session, options, (action) => {
    const { stream } = action;
    const onPlan = (plan: QuarantinePlan) => options.onPlan(plan, stream);
    const agree = (plan: QuarantinePlan) => options.agree(plan, stream);
    const parts = { schema: session.schema(stream), database, registry, decoder };
    return quarantineSink({ ...action, ...parts }, { max, dryRun, onPlan, agree });
  });
}
