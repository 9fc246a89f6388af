import { describe, expect, it } from 'vitest';
import { drainResult, type Sample } from '../../../bench/report/drain.ts';

/** Samples every 10 s, with so many rows a second before each. */
function samplesOf(rates: readonly number[]): Sample[] {
  let rows = 0;
  return [0, ...rates].map((rate, at) => {
    rows += rate * 10;
    return { seconds: at * 10, rows, memory: { connect: 100 + at }, processor: { postgres: at * 6 } };
  });
}

describe('the result of a drain', () => {
  it('has the rate and the memory of the first third and of the last', () => {
    const { figures } = drainResult({ rows: 9_000 }, { rowsPerSecond: 300, samples: samplesOf([300, 300, 300]) });
    expect(figures).toMatchObject({
      drain_rows_per_s: 300,
      drain_worker_rss_mb_first: 100,
      drain_worker_rss_mb_last: 103,
    });
    expect(figures).not.toHaveProperty('drain_held_seconds');
  });

  it('compares a drain under a snapshot with another over the same rows', () => {
    // Both slow down with the table: only what the snapshot adds counts.
    const free = { rowsPerSecond: 250, samples: samplesOf([300, 300, 200, 200, 200, 200, 200]) };
    const samples = samplesOf([300, 300, 150, 150, 100, 100, 100]);
    const held = { rowsPerSecond: 150, samples, held: { from: samples[2] as Sample, to: samples[7] as Sample } };
    const { figures } = drainResult({ rows: 12_000 }, free, held);
    expect(figures).toMatchObject({ drain_held_seconds: 50, drain_held_rows: 6_000 });
    expect(figures?.drain_held_rate_over_free).toBeCloseTo(30 / 50);
    expect(figures?.drain_held_rate_last_third_over_free).toBeCloseTo(10 / 20);
    // PostgreSQL uses 6 s of processor time in each 10 s of either.
    expect(figures?.drain_held_postgres_us_per_row).toBeCloseTo(5_000);
    expect(figures?.drain_free_postgres_us_per_row).toBeCloseTo(3_000);
  });

  it('compares nothing where the other drain was over before its second sample', () => {
    const samples = samplesOf([100, 100, 100]);
    const held = { rowsPerSecond: 100, samples, held: { from: samples[1] as Sample, to: samples[3] as Sample } };
    const { figures } = drainResult({ rows: 3_000 }, { rowsPerSecond: 300, samples: samplesOf([]) }, held);
    expect(figures).not.toHaveProperty('drain_held_rate_over_free');
  });

  it('goes on at the last rate where the other drain has no sample any more', () => {
    const samples = samplesOf([100, 100, 100]);
    const held = { rowsPerSecond: 100, samples, held: { from: samples[1] as Sample, to: samples[3] as Sample } };
    const { figures } = drainResult({ rows: 3_000 }, { rowsPerSecond: 200, samples: samplesOf([200]) }, held);
    expect(figures?.drain_held_rate_over_free).toBeCloseTo(0.5);
  });
});
