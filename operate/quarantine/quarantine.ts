import { type RequestedState, requestedState } from '../../connectors/run-state.ts';
import type { ObservedSink } from '../../connectors/sink-config.ts';
import { type FailedPart, failuresOf } from '../../connectors/wait/failure.ts';
import { noticingLeft } from '../../connectors/wait/left-tasks.ts';
import { sinkFailure } from '../../connectors/wait/wait-until-running.ts';
import { ConnectError } from '../../core/errors.ts';
import { type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import { waitFor } from '../../core/retry.ts';
import { sinkGroup } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { AvroSchema } from '../../schemas/avro-schema.ts';
import type { RecordDecoder } from '../../schemas/record-decoder.ts';
import type { SchemaRegistry } from '../../schemas/registry.ts';
import type { Judges } from '../judge-records.ts';
import { readPositions } from '../offset-positions.ts';
import { requireNoGap } from '../require-no-gap.ts';
import { deployedSink, type SinkAction } from '../sink-action.ts';
import { createSinkRows } from '../sink-rows.ts';
import { whileStopped } from '../while-stopped.ts';
import type { MovedRecord } from './copy-to-dead-letters.ts';
import { findCulprits } from './find-culprits.ts';
import { interruptionOf, readInterrupted } from './interruption.ts';
import {
  describePlan,
  type PartitionStep,
  planSteps,
  type QuarantinePlan,
  refuseOtherFaults,
  requireKnownRows,
  requireRegistry,
  unexplained,
} from './quarantine-plan.ts';
import { stepOver } from './step-over.ts';

export interface QuarantineAction extends SinkAction {
  readonly schema: AvroSchema;
  readonly database: PostgresConnection;
  readonly registry: SchemaRegistry;
  readonly decoder: RecordDecoder;
}

export interface QuarantineOptions {
  /** More culprits than this are not moved: so many are no accident. */
  readonly max: number;
  readonly dryRun: boolean;
  /** Resolves when the plan is agreed to. Not called in a dry run. */
  readonly agree: (plan: QuarantinePlan, stream: StreamDefinition) => Promise<void>;
  readonly onPlan: (plan: QuarantinePlan, stream: StreamDefinition) => void;
}

export interface QuarantineResult {
  readonly connector: string;
  /** `unchanged`: nothing has FAILED. `planned`: a dry run. */
  readonly outcome: 'quarantined' | 'unchanged' | 'planned';
  readonly state: string;
  /** One plan for each time that the sink had stopped. */
  readonly plans: readonly QuarantinePlan[];
  readonly moved: readonly MovedRecord[];
  /** Records in front of the culprits that were written for the sink. */
  readonly written: number;
  readonly durationMs: number;
}

/**
 * Finds the records that stop a sink, proves each of them, moves them alone to the dead-letter topic, steps over exactly them
 * and starts the sink again. If it stops at another record, this is repeated, up to `max` records in all.
 * No other record is skipped: those in front of a culprit that the sink had not committed are written here first.
 * May be repeated after it was killed at any point. Errors: UNSAFE while registry or database is the cause, or over a gap; REFUSED when no
 * record explains the failure; NOT_FOUND, UNREACHABLE, TIMEOUT, what the host throws.
 */
export async function quarantine(action: QuarantineAction, options: QuarantineOptions): Promise<QuarantineResult> {
  const startedAt = Date.now();
  const { stream } = action;
  const connector = stream.sink.name;
  const done: Done = { plans: [], moved: [], written: 0 };
  const result = (outcome: QuarantineResult['outcome'], state: string): QuarantineResult => ({
    connector,
    outcome,
    state,
    ...done,
    durationMs: Date.now() - startedAt,
  });
  for (;;) {
    const sink = await deployedSink(action);
    const interrupted = await readInterrupted(action, sink);
    const failures = failedParts(sink, stream);
    if (failures.length === 0 && interrupted === undefined) {
      return result(done.moved.length > 0 ? 'quarantined' : 'unchanged', sink.state);
    }
    refuseOtherFaults(connector, failures);
    requireKnownRows(stream);
    await requireRegistry(action.registry, stream);
    const outcome = await withPostgres(action.database, (client) => {
      const judges = { decoder: action.decoder, rows: createSinkRows(client, stream, action.schema) };
      return quarantineOnce(action, options, { sink, failures, interrupted, judges }, done);
    });
    if (outcome === 'planned') return result('planned', sink.state);
    if (outcome !== 'again') return result('quarantined', outcome);
    if (done.moved.length >= options.max) throw sinkFailure(await deployedSink(action), stream);
  }
}

interface Done {
  readonly plans: QuarantinePlan[];
  readonly moved: MovedRecord[];
  written: number;
}

/** A sink that has stopped, and what its records are tried with. */
interface StoppedSink {
  readonly sink: ObservedSink;
  readonly failures: readonly FailedPart[];
  /** The state to restore, if an earlier quarantine was killed. */
  readonly interrupted: RequestedState | undefined;
  readonly judges: Judges;
}

/** Handles one stop of the sink. Returns the state it came back to, or `again` when it has failed on another record. */
async function quarantineOnce(
  action: QuarantineAction,
  options: QuarantineOptions,
  { sink, failures, interrupted, judges }: StoppedSink,
  done: Done,
): Promise<RequestedState | 'planned' | 'again'> {
  const { stream } = action;
  await action.host.offsets.require(stream.sink.name);
  const positions = await readPositions(action);
  const search = await findCulprits({ ...action, judges }, positions, options.max - done.moved.length);
  const steps = planSteps(positions, search.culprits);
  if (steps.length === 0 && interrupted === undefined) {
    throw unexplained(stream.sink.name, failures[0]?.cause, search);
  }
  const effects = action.host.stopEffect === undefined ? [] : [action.host.stopEffect];
  const plan = describePlan(stream, { failures, steps, search, isResumed: interrupted !== undefined, effects });
  done.plans.push(plan);
  options.onPlan(plan, stream);
  if (options.dryRun) return 'planned';
  await options.agree(plan, stream);
  await requireNoGap(action);
  const state = interrupted ?? requestedState(sink.state);
  const interruption = interruptionOf(action);
  await interruption.write({ state, at: new Date().toISOString() });
  const change = async (): Promise<void> => {
    const { moved, written } = await stepOver(action, judges, { failures, steps, neighbours: search.good });
    done.moved.push(...moved);
    done.written += written;
  };
  try {
    const reached = await whileStopped(action, sink, change, state);
    await interruption.write(undefined);
    if (reached.state === 'RUNNING') await waitUntilPast(action, steps);
    return reached.state;
  } catch (error) {
    if (failsAgain(error)) {
      await interruption.write(undefined);
      return 'again';
    }
    // The mark is for a run that was killed. Left where the sink has come back, it would undo somebody's later stop.
    const now = await action.host.observe(stream.sink.name).catch(() => undefined);
    const isBack = now !== undefined && (state === 'STOPPED' || now.state !== 'STOPPED');
    if (isBack) await interruption.write(undefined).catch(() => {});
    throw error;
  }
}

/** What has FAILED. On a host that lists no tasks, also those that are not in the group, of which no log says why: records are tried alone anyway. */
function failedParts(sink: ObservedSink, stream: StreamDefinition): FailedPart[] {
  const absent = sink.state === 'RUNNING' ? sink.tasks.filter((task) => task.absent && task.state !== 'FAILED') : [];
  const cause = `it is not in the group ${sinkGroup(stream)}, and no log says why`;
  return [...failuresOf(sink, stream), ...absent.map(({ id, worker }) => ({ task: id, worker, cause, suspects: [] }))];
}

/** Waits until the sink has committed a record behind each step, where there is one. Errors: REFUSED, TIMEOUT. */
async function waitUntilPast(action: QuarantineAction, steps: readonly PartitionStep[]): Promise<void> {
  const { stream, host, timeoutMs, signal } = action;
  const observe = noticingLeft(() => host.observe(stream.sink.name), { seen: stream.sink.tasksMax });
  const look = async (): Promise<boolean> => {
    const sink = await observe();
    if (sink !== undefined && failuresOf(sink, stream).length > 0) throw sinkFailure(sink, stream);
    const positions = new Map((await readPositions(action)).map((one) => [one.partition, one]));
    return steps.every(({ partition, to }) => {
      const position = positions.get(partition);
      return position !== undefined && (position.end <= to || (position.committed ?? 0n) > to);
    });
  };
  const what = `${stream.sink.name} to commit records behind the quarantined ones`;
  await waitFor(look, { what, timeoutMs, everyMs: 500, signal });
}

/** Whether the sink ran into another failure: `details.failures` of `sinkFailure`. */
const failsAgain = (error: unknown): boolean =>
  error instanceof ConnectError && error.code === 'REFUSED' && Array.isArray(error.details.failures);
