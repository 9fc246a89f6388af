import { whileLocked } from '../operate/lock/while-locked.ts';
import {
  type QuarantineOptions,
  type QuarantineResult,
  quarantine as quarantineSink,
} from '../operate/quarantine/quarantine.ts';
import type { QuarantinePlan } from '../operate/quarantine/quarantine-plan.ts';
import type { SinkAction } from '../operate/sink-action.ts';
import type { Session } from './session.ts';
import { type EachSinkOptions, eachSink, type FailedSink } from './sinks.ts';

export type { QuarantinePlan, QuarantineResult };

/** Moves the records that stop the selected sinks to their dead letter topics, one sink after the other. */
export async function quarantine(
  session: Session,
  options: QuarantineOptions & EachSinkOptions<QuarantineResult>,
): Promise<(QuarantineResult | FailedSink)[]> {
  const database = session.asSink;
  const [registry, decoder] = [await session.registry(), await session.decoder()];
  return eachSink(session, options, (action) => {
    const schema = session.schema(action.stream);
    const act = (given: SinkAction) =>
      quarantineSink({ ...given, schema, database, registry, decoder: decoder.of(schema.name) }, options);
    return options.dryRun ? act(action) : whileLocked(action, 'connect quarantine', act);
  });
}
