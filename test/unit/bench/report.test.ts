import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FULL } from '../../../bench/bench.ts';
import { latencyResult } from '../../../bench/measures/latency.ts';
import { producerResult } from '../../../bench/measures/producer.ts';
import { type Reading, readsResult } from '../../../bench/measures/reads.ts';
import { sinkResult } from '../../../bench/measures/sink.ts';
import { shortNumber } from '../../../bench/report/plot.ts';
import { writeReport } from '../../../bench/report/write.ts';

const peer = { count: 1, seconds: 1, peakRssMb: 180, rssMb: [170, 180] };
const queries = ['current_by_owner', 'statistics_by_owner', 'daily_by_owner_month', 'current_all'];
const readings: Reading[] = queries.flatMap((query) =>
  FULL.histories.flatMap((rows) => [
    { query, side: 'ours' as const, rows, ms: 0.5, pages: 12 },
    { query, side: 'seed' as const, rows, ms: rows / 1_000, pages: rows / 20 },
  ]),
);

const results = [
  sinkResult(
    FULL,
    new Map([
      ['sink', [30_000, 33_000, 27_000]],
      ['COPY', [40_000, 40_000, 40_000]],
      ['COPY ×2', [60_000, 60_000, 60_000]],
      ['kafkajs consumer', [30_000, 30_000, 30_000]],
      ['untuned sink, seed DDL', [10_000, 10_000, 10_000]],
      ['INSERT each', [1_500, 1_500, 1_500]],
    ]),
    new Map([['COPY', [5, 5, 5]]]),
  ),
  producerResult(
    FULL.updates,
    new Map([
      ['producer', [70_000]],
      ['mapped feed', [60_000]],
      ['raw kafkajs', [100_000]],
      ['await each', [1_000]],
    ]),
    [peer],
  ),
  latencyResult(
    FULL.latencyRates.map((rate) => ({ rate, p50: 5, p95: 9, p99: 14 })),
    20,
  ),
  readsResult(readings),
];

describe('the report', () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bench-report-'));
    const machine = {
      cpu: 'Processor',
      cpus: 2,
      memoryGb: 24,
      system: 'Linux 6',
      node: '20.20.2',
      java: '17.0.15',
      load: 0.2,
    };
    await writeReport({ at: '2026-01-01T00:00:00.000Z', mode: 'full', machine, results }, folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

  it('says in one flat object what readers look up', () => {
    const latest = JSON.parse(read('latest.json')) as Record<string, unknown>;
    expect(latest).toMatchObject({
      at: '2026-01-01T00:00:00.000Z',
      mode: 'full',
      sink_vs_copy: 0.75,
      sink_vs_untuned_seed: 3,
      sink_vs_kafkajs_consumer: 1,
      producer_vs_raw: 0.7,
      latency_ms_p50_1k: 5,
      latency_ms_p99_1k: 14,
      current_by_owner_ms_100k: 0.5,
      current_by_owner_ms_10m: 0.5,
      current_by_owner_pages_10m: 12,
      producer_rss_mb: 180,
      seed_current_by_owner_slope: 1,
    });
    expect(Object.values(latest).filter((value) => typeof value === 'object')).toEqual([]);
  });

  it('shows each result with its method, a table and a plot, for people', () => {
    const text = read('report.md');
    for (const { title, method, name } of results) {
      expect(text).toContain(`## ${title}\n\n${method}`);
      expect(text).toContain(`![${title}](${name}.svg)`);
    }
    expect(text).toContain('2 × Processor, 24 GB, Linux 6; Node 20.20.2, Java 17.0.15');
    expect(text).toContain('| COPY | 40k | 40k–40k | 0.75 (0.68–0.82) | 25 |');
  });

  it('draws each plot as SVG with its words in it', () => {
    const plots = readdirSync(folder).filter((name) => name.endsWith('.svg'));
    expect(plots.sort()).toEqual(results.map(({ name }) => `${name}.svg`).sort());
    for (const plot of plots) expect(read(plot)).toMatch(/^<svg [\s\S]*<\/svg>$/);
    expect(read('sink-throughput.svg')).toContain('kafkajs consumer');
    expect(read('reads.svg')).toContain('rows of history');
  });

  it('holds every sample in JSON', () => {
    expect(JSON.parse(read('report.json'))).toMatchObject({
      mode: 'full',
      results: [{ name: 'sink-throughput' }, {}, {}, {}],
    });
  });
});

it('numbers are short enough to read', () => {
  expect([0.8123, 12.34, 123.4, 1_234, 28_431, 2_500_000].map(shortNumber)).toEqual([
    '0.81',
    '12.3',
    '123',
    '1.2k',
    '28k',
    '2.5M',
  ]);
});
