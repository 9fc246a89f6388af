import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../core/package-root.ts';
import { waitFor } from '../../core/retry.ts';
import { freePort } from '../../stack/ports.ts';
import type { Measure, Result } from '../bench.ts';
import { createWatchedStreams } from '../watched-streams.ts';

const STREAMS = 20;
/** Connections are made, and code is compiled, before that. */
const WARM_UP_MS = 20_000;
const START_MS = 300_000;

/** What `connect watch` takes while nothing is wrong. */
export const watchMeasure: Measure = {
  name: 'watch',
  async run({ stack, sizes, note, signal }) {
    const watched = await createWatchedStreams(stack, STREAMS);
    const port = await freePort();
    const args = [join(packageRoot(), 'bin', 'connect.mjs'), 'watch', '--metrics', String(port), '-o', 'json'];
    const child = spawn(process.execPath, args, {
      cwd: watched.root,
      env: watched.env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const scrape = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    try {
      const isAtRest = async (): Promise<boolean> => {
        if (!isRunning(child)) throw new Error('connect watch has ended');
        return running(await scrape().catch(() => '')) === STREAMS;
      };
      await waitFor(isAtRest, { what: `${STREAMS} sinks to run`, timeoutMs: START_MS, everyMs: 1_000, signal });
      await sleep(WARM_UP_MS, undefined, { signal });
      const before = await scrape();
      const startedAt = performance.now();
      await sleep(sizes.watchSeconds * 1_000, undefined, { signal });
      const after = await scrape();
      const seconds = (performance.now() - startedAt) / 1_000;
      const cpu = value(after, 'process_cpu_seconds_total') - value(before, 'process_cpu_seconds_total');
      const share = (cpu / seconds) * 100;
      const megabytes = value(after, 'process_resident_memory_bytes') / 2 ** 20;
      const lookMs = value(after, 'perps_connect_watch_look_duration_seconds') * 1_000;
      note(`watch at rest: ${share.toFixed(2)} % of a core, ${megabytes.toFixed(0)} MB`);
      return [result({ share, megabytes, lookMs, seconds })];
    } finally {
      child.kill('SIGTERM');
      if (isRunning(child)) await once(child, 'exit');
      await watched.close();
    }
  },
};

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** Sinks that watch sees running. */
const running = (text: string): number =>
  text.match(/^perps_connect_watch_sink_state\{[^}]*state="RUNNING"[^}]*\} 1$/gm)?.length ?? 0;

const value = (text: string, name: string): number =>
  Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);

interface Rest {
  readonly share: number;
  readonly megabytes: number;
  readonly lookMs: number;
  readonly seconds: number;
}

function result({ share, megabytes, lookMs, seconds }: Rest): Result {
  return {
    name: 'watch',
    title: `connect watch at rest, ${STREAMS} streams`,
    method: `${STREAMS} sinks that run and have nothing to do; a producer of each writes a checkpoint twice a second. Watch looks every five seconds. Its own count of its processor time over ${seconds.toFixed(0)} s, and its resident memory then.`,
    table: {
      header: ['share of a core', 'resident memory', 'last look'],
      rows: [[`${share.toFixed(2)} %`, `${megabytes.toFixed(0)} MB`, `${lookMs.toFixed(0)} ms`]],
    },
    plot: {
      kind: 'bars',
      title: 'Share of a core, %, and resident memory, MB',
      unit: '',
      bars: [
        { name: '% of a core', value: Number(share.toFixed(2)) },
        { name: 'MB', value: Math.round(megabytes) },
      ],
    },
    figures: { watch_core_percent: share, watch_rss_mb: megabytes, watch_look_ms: lookMs },
  };
}
