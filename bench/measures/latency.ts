import { withPostgres } from '../../core/postgres.ts';
import { awaitRows } from '../arrival.ts';
import type { Bench, Measure, Result } from '../bench.ts';
import { produceFrom, startFeed } from '../peers/feed-process.ts';
import { msText } from '../report/text.ts';
import { renamed, renderedSink, sinkHost } from '../sink-run.ts';
import { percentile } from '../statistics.ts';
import { DEFAULT_WORKLOAD, prepareStream, slots, type Workload } from '../workload.ts';

/** Milliseconds at so many updates a second. */
export interface Latency {
  readonly rate: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** From the moment the feed writes an update to the moment its row is visible. */
export const latencyMeasure: Measure = {
  name: 'latency',
  async run(bench) {
    const found: Latency[] = [];
    for (const rate of bench.sizes.latencyRates) {
      const latency = await measureRate(bench, rate);
      bench.note(`latency at ${rate}/s: p50 ${msText(latency.p50)} ms, p99 ${msText(latency.p99)} ms`);
      found.push(latency);
    }
    return [latencyResult(found, bench.sizes.latencyWarmUpSeconds)];
  },
};

async function measureRate({ stack, databases, sizes }: Bench, rate: number): Promise<Latency> {
  const updates = rate * (sizes.latencyWarmUpSeconds + sizes.latencySeconds);
  const workload: Workload = { ...DEFAULT_WORKLOAD, updates, updatesPerSlot: Math.max(1, Math.round(rate * 0.4)) };
  const name = `bench-latency-${rate}`;
  const stream = renamed(stack.stream, name, name);
  await prepareStream(stack, stream);
  const database = await databases.fresh('latency', 'ours');
  const host = sinkHost(stack);
  const config = renderedSink(stack, { name, topic: name, database, rows: updates });
  // Until its tasks read, an update would wait for the sink's start.
  const desired = { stream, config, from: 'resume' } as const;
  const wait = { timeoutMs: host.defaultTimeoutMs };
  await host.deploy(desired, (await host.plan(desired)).entries, wait);
  const feed = await startFeed(stack, stream, workload, rate);
  try {
    await Promise.all([produceFrom(feed, stack, stream), awaitRows({ database, rows: updates })]);
    const samples = await joinTimes(database, workload, await feed.times, rate * sizes.latencyWarmUpSeconds);
    return { rate, p50: percentile(samples, 0.5), p95: percentile(samples, 0.95), p99: percentile(samples, 0.99) };
  } finally {
    await feed.close();
    await host.remove(name, wait);
  }
}

/** When each row's transaction was committed, as PostgreSQL itself has noted it, less when its update was sent. */
async function joinTimes(
  database: Parameters<typeof withPostgres>[0],
  workload: Workload,
  sent: Float64Array,
  skip: number,
): Promise<number[]> {
  const committed = await withPostgres(database, async (client) => {
    const { rows } = await client.query<{ identity: string; ms: string }>(
      `SELECT position_account || ' ' || signature AS identity,
              extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 AS ms FROM positions`,
    );
    return new Map(rows.map(({ identity, ms }) => [identity, Number(ms)]));
  });
  const samples: number[] = [];
  let at = 0;
  for (const records of slots(workload)) {
    for (const { position_account, signature } of records) {
      const ms = committed.get(`${position_account} ${signature}`);
      if (at >= skip && ms !== undefined) samples.push(ms - (sent[at] as number));
      at += 1;
    }
  }
  return samples;
}

export function latencyResult(found: readonly Latency[], warmUpSeconds: number): Result {
  const short = (rate: number): string => (rate % 1_000 === 0 ? `${rate / 1_000}k` : String(rate));
  const line = (of: 'p50' | 'p95' | 'p99') => ({
    name: of,
    points: found.map((latency) => [latency.rate, latency[of]] as const),
  });
  return {
    name: 'latency',
    title: 'gRPC to a visible row',
    method: `From the moment the feed writes an update to its stream to the moment PostgreSQL has committed its row (\`pg_xact_commit_timestamp\`, same clock), through producer, Kafka and sink as they are deployed. The first ${warmUpSeconds} seconds of each run are left out: virtual machines that have just started compile their code then.`,
    table: {
      header: ['updates/s', 'p50 ms', 'p95 ms', 'p99 ms'],
      rows: found.map(({ rate, p50, p95, p99 }) => [String(rate), msText(p50), msText(p95), msText(p99)]),
    },
    plot: {
      kind: 'lines',
      title: 'gRPC to a visible row, ms',
      unit: 'ms',
      xUnit: 'updates/s',
      logarithmic: true,
      lines: [line('p50'), line('p95'), line('p99')],
    },
    figures: Object.fromEntries(
      found.flatMap(({ rate, p50, p95, p99 }) => [
        [`latency_ms_p50_${short(rate)}`, p50],
        [`latency_ms_p95_${short(rate)}`, p95],
        [`latency_ms_p99_${short(rate)}`, p99],
      ]),
    ),
  };
}
