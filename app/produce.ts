import { ConnectError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { ProducerStats, ProducerSummary } from '../producer/run-statistics.ts';
import { type RunStreamOptions, runStream } from '../producer/run-stream.ts';
import type { Session } from './session.ts';

export type { ProducerStats, ProducerSummary };

export interface ProduceOptions
  extends Pick<
    RunStreamOptions,
    'acceptGap' | 'commitment' | 'compression' | 'endWithFeed' | 'overlapSlots' | 'silenceMs' | 'onProgress'
  > {
  /** Start here instead of at the checkpoint; for one stream alone. */
  readonly fromSlot?: bigint | undefined;
  /** Hears what a stream's run has to say on the way. */
  readonly loggerOf: (stream: string) => Logger;
}

/**
 * Publishes the feeds of the selected streams side by side, until the user interrupts. When one fails the others are
 * stopped in good order, with what they read published and checkpointed; then all failures are thrown as one.
 */
export async function produce(
  session: Session,
  { loggerOf, fromSlot, ...options }: ProduceOptions,
): Promise<ProducerSummary[]> {
  const { streams } = session;
  if (fromSlot !== undefined && streams.length > 1) {
    throw new ConnectError('USAGE', '--from-slot is the slot of one stream, and several streams are selected', {
      hint: `add --only with one of ${streams.map(({ name }) => name).join(', ')}`,
    });
  }
  const stop = new AbortController();
  const signal = AbortSignal.any([session.signal, stop.signal]);
  const failures: StreamFailure[] = [];
  const runs = streams.map(async (stream) => {
    try {
      const parts = { ...producerOptions(session), stream, logger: loggerOf(stream.name), signal };
      return await runStream({ ...options, fromSlot, ...parts });
    } catch (error) {
      failures.push({ stream: stream.name, error: ConnectError.from(error) });
      stop.abort();
      throw error;
    }
  });
  await Promise.allSettled(runs);
  if (failures.length > 1) throw severalFailures(failures);
  return Promise.all(runs);
}

interface StreamFailure {
  readonly stream: string;
  readonly error: ConnectError;
}

/** The failures of several streams as one error, whose code is that of the first. */
function severalFailures(failures: readonly StreamFailure[]): ConnectError {
  const hints = failures.flatMap(({ stream, error: { hint } }) => (hint === undefined ? [] : [`${stream}: ${hint}`]));
  return new ConnectError(
    failures[0]?.error.code ?? 'INTERNAL',
    failures.map(({ stream, error }) => `${stream}: ${error.message}`).join('; '),
    {
      cause: failures[0]?.error,
      details: { streams: failures.map(({ stream, error }) => ({ stream, error })) },
      hint: hints.length === 0 ? undefined : hints.join('; '),
    },
  );
}

/** What a producer needs of an environment. */
export const producerOptions = (session: Session): Pick<RunStreamOptions, 'root' | 'kafka' | 'registry' | 'feed'> => ({
  root: session.project.root,
  kafka: session.kafka,
  registry: session.registryAddress,
  feed: session.feed,
});
