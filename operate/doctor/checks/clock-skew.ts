import { broken, type Check, type Finding, ok, warning } from '../check.ts';
import type { Probes } from '../probes.ts';

const WARN_MS = 2_000;
/** From here on signed requests and certificates are refused. */
const BROKEN_MS = 300_000;

/** This machine's clock and PostgreSQL's agree. */
export const postgresClock: Check = {
  name: 'clock.postgres',
  needs: ['postgres'],
  async run(probes) {
    const { skewMs, errorMs } = await measure(async () => {
      const [row] = await probes.query<{ now: string }>(
        'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now',
      );
      return Number(row?.now);
    });
    return [judgeClock('PostgreSQL', skewMs, errorMs)];
  },
};

/** This machine's clock and the worker's agree, by the `Date` of its answers, which counts whole seconds. */
export const workerClock: Check = {
  name: 'clock.worker',
  needs: ['worker'],
  async run(probes: Probes) {
    let told = true;
    const { skewMs, errorMs } = await measure(async () => {
      const date = await probes.workerDate();
      told = date !== undefined;
      return (date?.getTime() ?? 0) + 500;
    });
    return told ? [judgeClock('Kafka Connect', skewMs, errorMs + 500)] : [];
  },
};

/** How far another clock is ahead of ours, and how wrong that may be: the question may have waited on its way. */
async function measure(ask: () => Promise<number>): Promise<{ skewMs: number; errorMs: number }> {
  const before = Date.now();
  const theirs = await ask();
  const after = Date.now();
  return { skewMs: theirs - (before + after) / 2, errorMs: (after - before) / 2 };
}

/** What is within the error of the measurement is no skew. Pure. */
export function judgeClock(whose: string, skewMs: number, errorMs: number): Finding {
  const sure = Math.max(0, Math.abs(skewMs) - errorMs);
  const seconds = `${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs > 0 ? 'ahead of' : 'behind'} this machine's`;
  const remedy = 'let NTP set the clocks of both machines';
  if (sure >= BROKEN_MS) return broken(whose, `its clock is ${seconds}: signed requests are refused`, remedy);
  if (sure >= WARN_MS) return warning(whose, `its clock is ${seconds}`, remedy);
  return ok(whose, `its clock agrees with this machine's`);
}
