import { broken, type Check, type Diagnosis, ok, warning } from '../check.ts';

const WARN_MS = 2_000;
/** Signed requests and certificates are refused from here on. */
const BROKEN_MS = 300_000;

/** This machine's clock and PostgreSQL's agree. */
export const postgresClock: Check<'query'> = {
  name: 'clock.postgres',
  needs: ['postgres'],
  run: ({ query }) =>
    judgeClock('PostgreSQL', 0, async () => {
      const sql = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now';
      const [row] = await query<{ now: string }>(sql);
      return Number(row?.now);
    }),
};

/** This machine's clock and the worker's agree, by the `Date` of its answers, which counts whole seconds. */
export const workerClock: Check<'workerDate'> = {
  name: 'clock.worker',
  needs: ['worker'],
  run: ({ workerDate }) =>
    judgeClock('Kafka Connect', 500, async () => {
      const date = await workerDate();
      return date === undefined ? undefined : date.getTime() + 500;
    }),
};

/**
 * Compares another clock with ours, unless it does not say its time. The question may have waited on its way: a skew within
 * the error of the measurement is none.
 */
async function judgeClock(
  whose: string,
  roundingMs: number,
  ask: () => Promise<number | undefined>,
): Promise<Diagnosis[]> {
  const before = Date.now();
  const theirs = await ask();
  const after = Date.now();
  if (theirs === undefined) return [];
  const skewMs = theirs - (before + after) / 2;
  const sureMs = Math.abs(skewMs) - (after - before) / 2 - roundingMs;
  const seconds = `${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs > 0 ? 'ahead of' : 'behind'} this machine's`;
  const remedy = 'let NTP set the clocks of both machines';
  if (sureMs >= BROKEN_MS) return [broken(whose, `its clock is ${seconds}: signed requests are refused`, remedy)];
  if (sureMs >= WARN_MS) return [warning(whose, `its clock is ${seconds}`, remedy)];
  return [ok(whose, `its clock agrees with this machine's`)];
}
