import { kafkaConnection } from '../connectors/kafka-connection.ts';
import { createLogger, type Logger } from '../core/log.ts';
import { feedConnection, registryConnection } from '../pipeline/connections.ts';
import type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
import type { ProducerStats, ProducerSummary } from '../producer/producer-options.ts';
import { runProducer } from '../producer/run-stream.ts';
import type { ProduceFlags } from './commands/produce.ts';
import type { CliContext } from './context.ts';
import { logLine, progressLine } from './render-produce.ts';

interface ProduceParts {
  readonly context: CliContext;
  readonly project: Project;
  readonly environment: Environment;
  readonly streams: readonly StreamDefinition[];
  readonly flags: ProduceFlags;
}

/** Without a terminal the progress is a line now and then. */
const LOG_LINE_EVERY_MS = 5_000;

/**
 * Runs the streams side by side. When one fails the others are stopped in good order, with what they read published and
 * checkpointed; then the first failure is thrown.
 */
export async function produceStreams(parts: ProduceParts): Promise<ProducerSummary[]> {
  const { context, project, environment, streams, flags } = parts;
  const secrets = context.secrets(project);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  context.signal.addEventListener('abort', onSignal, { once: true });
  if (context.signal.aborted) onSignal();
  const progress = createProgress(context);
  try {
    const runs = streams.map(async (stream) => {
      try {
        return await runProducer({
          stream,
          root: project.root,
          kafka: kafkaConnection(environment, secrets),
          registry: registryConnection(environment, secrets),
          feed: feedConnection(environment, secrets),
          logger: flags.output === 'json' ? createLogger({ stream: context.stderr }) : progress.loggerOf(stream),
          signal: stop.signal,
          commitment: flags.commitment,
          overlapSlots: flags.overlap,
          silenceMs: flags.silence,
          compression: flags.compression,
          acceptGap: flags.acceptGap ?? false,
          endWithFeed: flags.endWithFeed ?? false,
          ...(flags.fromSlot === undefined ? {} : { fromSlot: flags.fromSlot }),
          onProgress: progress.onStats,
        });
      } catch (error) {
        stop.abort();
        throw error;
      }
    });
    const settled = await Promise.allSettled(runs);
    const failed = settled.find((run) => run.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return settled.flatMap((run) => (run.status === 'fulfilled' ? [run.value] : []));
  } finally {
    progress.close();
    context.signal.removeEventListener('abort', onSignal);
  }
}

/** On a terminal one line that is rewritten, below what is worth a line of its own; elsewhere a line every few seconds. */
function createProgress(context: CliContext) {
  const latest = new Map<string, ProducerStats>();
  let drawn = false;
  let toldAt = Date.now();
  const line = () => [...latest.values()].map(progressLine).join('   ');
  const erase = () => {
    if (drawn) context.stderr.write('\r\u001b[2K');
    drawn = false;
  };
  return {
    onStats(stats: ProducerStats) {
      latest.set(stats.stream, stats);
      if (context.isTty) {
        erase();
        context.stderr.write(line());
        drawn = true;
      } else if (Date.now() - toldAt >= LOG_LINE_EVERY_MS) {
        toldAt = Date.now();
        context.note(line());
      }
    },
    loggerOf(stream: StreamDefinition): Logger {
      const tell = (fields: object, message: string) => {
        erase();
        context.note(logLine(stream.name, fields, message));
      };
      return { debug() {}, info: tell, warn: tell, error: tell };
    },
    close() {
      if (drawn) context.stderr.write('\n');
    },
  };
}
