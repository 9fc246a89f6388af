import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ListenAddress } from '../core/metrics-server.ts';
import { thisOwner } from '../operate/lock/while-locked.ts';
import type { WatchEvent } from '../operate/watch/event.ts';
import type { Incident } from '../operate/watch/incident.ts';
import { serveWatch } from '../operate/watch/metrics.ts';
import { createNotifier, type Notifier } from '../operate/watch/notify/notifier.ts';
import { parseReceiver } from '../operate/watch/notify/receiver.ts';
import type { WatchView } from '../operate/watch/view.ts';
import { createWatch, type Watch } from '../operate/watch/watch.ts';
import type { Session } from './session.ts';

export type { Incident, WatchEvent, WatchView };

/** How a watch looks, acts and tells. Times are in milliseconds. */
export interface WatchOptions {
  /** From the end of one look to the next. */
  readonly everyMs: number;
  /** Look until nothing is to be done, and end. */
  readonly once: boolean;
  /** Write nothing and act on nothing. */
  readonly isDryRun: boolean;
  /** So many records in 24 hours may be moved to the dead letter topics; 0: none. */
  readonly quarantineBudget: number;
  /** Keep the partitions of partitioned tables. `archive`: a command for the shell, about each that leaves. */
  readonly partitions?: { readonly archive?: string | undefined } | undefined;
  /** `slack=${env:SLACK_WEBHOOK}` each: who is told of incidents. */
  readonly notify: readonly string[];
  /** Serve metrics and health there. */
  readonly metrics?: ListenAddress | undefined;
  readonly onServing?: ((url: string) => void) | undefined;
  /** A sink that commits nothing for so long while records wait has stalled. Default 3 min. */
  readonly stalledAfterMs?: number | undefined;
  /** Restarts are counted together until the sink has run for so long after one. Default 30 s. */
  readonly runsWellMs?: number | undefined;
  readonly onEvent: (event: WatchEvent) => void;
}

/** A worker commits every minute by default. */
const STALLED_AFTER_MS = 180_000;
const RUNS_WELL_MS = 30_000;
/** Between the looks of one that looks once: some things are only said when two looks agree. */
const SECOND_LOOK_MS = 1_000;
/** An action may show another one to do, but not for ever. */
const MOST_LOOKS = 10;

/**
 * Watches the selected streams until the session's signal, or once. Returns what it saw last. Errors: USAGE for receivers that are
 * none, ENVIRONMENT when metrics cannot be served; no part that is away is one.
 */
export async function watch(session: Session, options: WatchOptions): Promise<WatchView> {
  const { environment, streams, signal } = session;
  // Each stream waits by it, for several things at a time.
  setMaxListeners(0, signal);
  const notifier = createReceivers(session, options);
  const tell = (event: WatchEvent): void => {
    options.onEvent(event);
    notifier.take(event);
  };
  const opened = await openWatch(session, options, tell, notifier);
  const { onServing, metrics: listen, everyMs } = options;
  const served = listen && (await serveWatch({ listen, environment: environment.name, everyMs, view: opened.view }));
  if (served !== undefined) onServing?.(served.url);
  const say = (event: 'watch.started' | 'watch.ended'): void => {
    const names = streams.map(({ name }) => name);
    tell({ time: new Date().toISOString(), environment: environment.name, event, streams: names, owner: thisOwner() });
  };
  say('watch.started');
  try {
    return options.once ? await lookOnce(opened) : await lookAgain(opened, everyMs, signal);
  } finally {
    say('watch.ended');
    await opened.close();
    await served?.close();
    await notifier.close();
  }
}

function createReceivers(session: Session, { notify, onEvent }: WatchOptions): Notifier {
  const { project, env, environment, learn, scrub } = session;
  const receivers = notify.map((words) => parseReceiver(words, { root: project.root, env }));
  for (const { secrets } of receivers) learn(secrets);
  return createNotifier(receivers, {
    scrub,
    onFailed: (failure) =>
      onEvent({ time: new Date().toISOString(), environment: environment.name, event: 'notify.failed', ...failure }),
  });
}

async function openWatch(
  session: Session,
  options: WatchOptions,
  tell: (event: WatchEvent) => void,
  notifier: Notifier,
): Promise<Watch> {
  const { streams, kafka, asReader, asSink, groups, signal, environment } = session;
  const [host, registry, decoder] = [await session.host(), await session.registry(), await session.decoder()];
  return createWatch(
    {
      streams,
      schemaOf: (stream) => session.schema(stream),
      host,
      groups,
      kafka,
      asReader,
      asSink,
      registry,
      decoder,
      signal,
      partitions: options.isDryRun ? undefined : options.partitions && partitionSources(session, options.partitions),
    },
    {
      environment: environment.name,
      isDryRun: options.isDryRun,
      looksOnce: options.once,
      quarantineBudget: options.isDryRun ? 0 : options.quarantineBudget,
      stalledAfterMs: options.stalledAfterMs ?? STALLED_AFTER_MS,
      runsWellMs: options.runsWellMs ?? RUNS_WELL_MS,
      tell,
      onRestored: (incidents) => notifier.know(incidents.map(({ id }) => id)),
    },
  );
}

function partitionSources({ asMigrator, env }: Session, { archive }: NonNullable<WatchOptions['partitions']>) {
  const hook = archive === undefined ? undefined : { command: archive, env, onLine: () => {} };
  return { database: asMigrator, archive: hook };
}

/** Looks until the user interrupts. */
async function lookAgain(opened: Watch, everyMs: number, signal: AbortSignal): Promise<WatchView> {
  while (!signal.aborted) {
    await opened.look();
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
  await opened.settled();
  return opened.view();
}

/** Looks until two looks in a row have found nothing to do. */
async function lookOnce(opened: Watch): Promise<WatchView> {
  for (let looks = 1, quiet = 0; ; looks += 1) {
    const seen = await opened.look();
    const hasActed = await opened.settled();
    quiet = hasActed ? 0 : quiet + 1;
    if (quiet >= 2 || looks >= MOST_LOOKS) return seen;
    await sleep(SECOND_LOOK_MS);
  }
}
