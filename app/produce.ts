import { ConnectError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { createMetrics } from '../core/metrics.ts';
import { type ListenAddress, serveMetrics } from '../core/metrics-server.ts';
import { positionKindOf, readStreams } from '../pipeline/feed.ts';
import { movingColumns } from '../pipeline/moving-columns.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { requireSlots } from '../producer/feed/until-slot.ts';
import { createProducerMonitor } from '../producer/metrics.ts';
import { type ProducerStats, type ProducerSummary, type RunStreamOptions, runStream } from './run-stream.ts';
import type { Session } from './session.ts';

export type { ProducerStats, ProducerSummary };

/** How feeds are published. Times are in milliseconds. */
export interface ProduceOptions
  extends Pick<
    RunStreamOptions,
    | 'acceptGap'
    | 'commitment'
    | 'compression'
    | 'endWithFeed'
    | 'overlapSlots'
    | 'silenceMs'
    | 'untilSlot'
    | 'onProgress'
  > {
  /** Start here instead of at the checkpoint; for one stream alone. */
  readonly fromSlot?: bigint | undefined;
  /** Hears what a stream's run has to say on the way. Default: nobody. */
  readonly loggerOf?: ((stream: string) => Logger) | undefined;
  /** Serve metrics and health there while it runs. */
  readonly metrics?: ListenAddress | undefined;
  /** Hears where they are served. */
  readonly onServing?: ((url: string) => void) | undefined;
}

/** After so long without a word of the feed it is connected to anew, unless the user says otherwise. */
const SILENCE_MS = 30_000;

/**
 * Publishes the feeds of the selected streams side by side, until the session's signal. Streams without a feed are left out. When one fails the others are
 * stopped in good order, with what they read published and checkpointed; then all failures are thrown as one. With `untilSlot` each stream is a job of its own: the others
 * go on to their end. Errors: those of `runStream`; USAGE for `fromSlot` with several streams, for a commitment that the upsert key cannot bear, and for `untilSlot` where one has no slots, ENVIRONMENT when metrics cannot be served.
 */
export async function produce(
  session: Session,
  { loggerOf, fromSlot, metrics, onServing, silenceMs = SILENCE_MS, ...options }: ProduceOptions = {},
): Promise<ProducerSummary[]> {
  const streams = readStreams(session.streams);
  if (fromSlot !== undefined && streams.length > 1) {
    throw new ConnectError('USAGE', '--from-slot is the slot of one stream, and several streams are selected', {
      hint: `add --only with one of ${streams.map(({ name }) => name).join(', ')}`,
    });
  }
  const { untilSlot } = options;
  if (untilSlot !== undefined)
    for (const stream of streams) requireSlots(stream.name, positionKindOf(stream) ?? 'none');
  for (const stream of streams) requireFinal(stream, options.commitment);
  const served =
    metrics === undefined ? undefined : await serveRuns(session.environment.name, streams, metrics, silenceMs);
  if (served !== undefined) onServing?.(served.url);
  const stop = new AbortController();
  const signal = AbortSignal.any([session.signal, stop.signal]);
  const failures: StreamFailure[] = [];
  const runs = streams.map(async (stream) => {
    try {
      const monitor = served?.monitor.of(stream.name);
      const logger = loggerOf?.(stream.name);
      return await runStream(session, stream, { ...options, silenceMs, monitor, fromSlot, logger, signal });
    } catch (error) {
      failures.push({ stream: stream.name, error: ConnectError.from(error) });
      if (untilSlot === undefined) stop.abort();
      throw error;
    }
  });
  await Promise.allSettled(runs);
  await served?.close();
  if (failures.length > 1) throw severalFailures(failures);
  return Promise.all(runs);
}

/** What a fork takes back can land again in another slot: with another time, and where that is part of the key, as a second row. */
function requireFinal(stream: StreamDefinition, commitment: ProduceOptions['commitment']): void {
  const [moving] = movingColumns(stream);
  if (moving === undefined || commitment === undefined || commitment === 'finalized') return;
  throw new ConnectError('USAGE', `${stream.name} cannot be read at ${commitment}: its upsert key holds ${moving}`, {
    hint: `an update that a fork takes back and that lands in another slot would become a second row; leave --commitment out (finalized)`,
  });
}

/** Serves metrics and health of the selected streams. Errors: those of `serveMetrics`. */
async function serveRuns(
  environment: string,
  streams: readonly StreamDefinition[],
  listen: ListenAddress,
  silenceMs: number,
) {
  const metrics = await createMetrics({ environment });
  const monitor = createProducerMonitor({ metrics, streams: streams.map(({ name }) => name), silenceMs });
  return { monitor, ...(await serveMetrics({ listen, metrics, notReady: monitor.notReady })) };
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
