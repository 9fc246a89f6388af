import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How the process that runs the producer is doing. All streams of one `connect produce` share it. */
export interface ProcessLoad {
  /** How late the event loop was to what was due, ms, since the run began. Steadily high: one core is not enough. */
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Resident memory, MiB: now, and at its highest. */
  readonly residentMb: { readonly now: number; readonly peak: number };
}

/** The delay is sampled every so many milliseconds, and takes as much for delay unless it is subtracted. */
const RESOLUTION_MS = 10;
const MIB = 2 ** 20;

export function createLoadMeter() {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const delay = (nanoseconds: number): number =>
    Math.max(0, Math.round((nanoseconds / 1e6 - RESOLUTION_MS) * 10) / 10) || 0;
  return {
    read: (): ProcessLoad => ({
      eventLoopDelayMs: {
        p50: delay(delays.percentile(50)),
        p99: delay(delays.percentile(99)),
        max: delay(delays.max),
      },
      residentMb: {
        now: Math.round(process.memoryUsage.rss() / MIB),
        // In KiB on every system that Node reports it for.
        peak: Math.round(process.resourceUsage().maxRSS / 1_024),
      },
    }),
    close: () => {
      delays.disable();
    },
  };
}
