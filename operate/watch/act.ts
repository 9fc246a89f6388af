import type { SinkHost } from '../../connectors/host.ts';
import type { SinkGroups } from '../../connectors/sink-group.ts';
import { anySignal } from '../../core/abort.ts';
import { ConnectError } from '../../core/errors.ts';
import type { KafkaConnection } from '../../core/kafka.ts';
import type { PostgresConnection } from '../../core/postgres.ts';
import { withoutValues } from '../../core/without-values.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { AvroSchema } from '../../schemas/avro-schema.ts';
import type { RecordDecoder } from '../../schemas/record-decoder.ts';
import type { SchemaRegistry } from '../../schemas/registry.ts';
import { guardedHost } from '../lock/guarded-host.ts';
import type { Lock } from '../lock/lock.ts';
import { quarantine } from '../quarantine/quarantine.ts';
import type { QuarantinePlan } from '../quarantine/quarantine-plan.ts';
import { restartSink } from '../restart-sink.ts';
import { findSink, type SinkAction } from '../sink-action.ts';
import type { Trial, Wanted } from './judge-sink.ts';

/** What watch acts on a stream's sink with. */
export interface ActSources {
  readonly stream: StreamDefinition;
  readonly host: SinkHost;
  readonly groups: SinkGroups;
  readonly kafka: KafkaConnection;
  readonly database: PostgresConnection;
  readonly registry: SchemaRegistry;
  readonly decoder: RecordDecoder;
  readonly schema: AvroSchema;
  readonly signal: AbortSignal;
}

const PURPOSE = 'connect watch';
/** Tasks start in seconds where their host lists them; another host says how long it takes. */
const RESTART_MS = 60_000;
const LONG_HOST_MS = 600_000;

/** Runs a task under the sink's lock; undefined when somebody else has it. Without a lock nothing is done. Errors: those of lock and task. */
async function underLock<T>(
  { host, stream, groups, kafka, signal }: ActSources,
  lock: Lock,
  task: (action: SinkAction) => Promise<T>,
): Promise<T | undefined> {
  const held = await lock.tryTake(PURPOSE, signal);
  if (!('require' in held)) return undefined;
  try {
    const timeoutMs = host.defaultTimeoutMs > LONG_HOST_MS ? host.defaultTimeoutMs : RESTART_MS;
    return await task({
      stream,
      groups,
      kafka,
      timeoutMs,
      host: guardedHost(host, held.require),
      signal: anySignal([signal, held.lost]),
    });
  } finally {
    await held.release().catch(() => {});
  }
}

/**
 * Restarts a sink once, if it is still as it was seen: under its lock it is looked at again. `onBegin` is called when that is so.
 * Errors: UNSAFE over a gap, REFUSED when it fails again, TIMEOUT, those of lock and host.
 */
export const restartOnce = (
  sources: ActSources,
  lock: Lock,
  { onlyFailed }: Extract<Wanted, { kind: 'restart' }>,
  onBegin: () => void,
): Promise<boolean | undefined> =>
  underLock(sources, lock, async (action) => {
    const sink = await findSink(action);
    if (sink === undefined || sink.state === 'PAUSED' || sink.state === 'STOPPED') return false;
    const hasFailed = [sink, ...sink.tasks].some(({ state, ...part }) => state === 'FAILED' || 'absent' in part);
    if (onlyFailed && !hasFailed) return false;
    onBegin();
    await restartSink(action, { onlyFailed, again: false });
    return true;
  });

export interface TrialResult {
  readonly trial: Trial;
  /** Records that were moved to the dead letter topic: `positions-3@81244`. */
  readonly moved: readonly string[];
  /** Whether it makes sense to try again soon: a part did not answer. */
  readonly again: boolean;
}

/**
 * Finds the record that stops a sink, as `connect quarantine` does. `move`: so many records are moved, under the sink's lock;
 * 0 only looks. Never throws: what kept it from an answer is one.
 */
export async function tryRecords(sources: ActSources, lock: Lock, move: number): Promise<TrialResult | undefined> {
  const plans: QuarantinePlan[] = [];
  const options = {
    max: Math.max(1, move),
    dryRun: move === 0,
    agree: async () => {},
    onPlan: (plan: QuarantinePlan) => void plans.push(plan),
  };
  const { stream, host, groups, kafka, signal } = sources;
  const act = (action: SinkAction) => quarantine({ ...sources, ...action }, options);
  try {
    const result =
      move === 0
        ? await act({ stream, host, groups, kafka, signal, timeoutMs: RESTART_MS })
        : await underLock(sources, lock, act);
    if (result === undefined) return undefined;
    return { trial: trialOf(plans), moved: result.moved.map(({ record }) => record), again: false };
  } catch (error) {
    const { message, retryable, code, details } = ConnectError.from(error);
    if (code === 'REFUSED' && 'tried' in details) return { trial: { kind: 'none' }, moved: [], again: false };
    const why = withoutValues(message.split('\n')[0] ?? '');
    const found = plans.some(({ culprits }) => culprits.length > 0);
    return { trial: found ? trialOf(plans) : { kind: 'untold', why }, moved: [], again: retryable };
  }
}

function trialOf(plans: readonly QuarantinePlan[]): Trial {
  const culprits = plans.flatMap((plan) => plan.culprits);
  const [first] = culprits;
  if (first === undefined) return { kind: 'none' };
  return { kind: 'culprits', records: culprits.map(({ record }) => record), reason: withoutValues(first.reason) };
}
