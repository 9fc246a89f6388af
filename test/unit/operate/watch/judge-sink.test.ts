import { describe, expect, test } from 'vitest';
import type { Situation } from '../../../../operate/watch/judge-sink.ts';
import { judgeSink, wantedFor } from '../../../../operate/watch/judge-sink.ts';
import { failureOf, NOON, partsSince, progressOf, sinkOf, situationOf } from '../../../support/watch-situation.ts';

const database = failureOf({ fault: 'database', passes: true, cause: 'PSQLException: terminating connection' });
const registry = failureOf({ fault: 'registry', passes: true });
const record = failureOf({ fault: 'record', cause: 'IllegalStateException: Unknown magic byte' });
const unknown = failureOf({});
const failed = (failures: Situation['seen']['failures'], changes: Parameters<typeof situationOf>[0] = {}) =>
  situationOf({ ...changes, seen: { sink: sinkOf('FAILED', 'RUNNING'), failures, ...changes?.seen } });

const kindsOf = (situation: Situation) => judgeSink(situation).drafts.map(({ kind }) => kind);
const tries = (...msBefore: readonly number[]) => {
  const times = msBefore.map((ms) => NOON - ms);
  return { tries: times, recent: times };
};

describe('a sink that runs', () => {
  test('is left alone', () => {
    expect(judgeSink(situationOf())).toEqual({ drafts: [], unseen: [] });
    expect(wantedFor(situationOf())).toBeUndefined();
  });

  const stalled = (changes: Parameters<typeof situationOf>[0] = {}) =>
    situationOf({ progress: progressOf({ lag: 9n, commitAgeSeconds: 180 }), ...changes });

  test('but commits nothing while records wait is restarted as a whole, and told', () => {
    expect(kindsOf(stalled())).toEqual(['sink-stalled']);
    expect(wantedFor(stalled())).toEqual({ kind: 'restart', cause: 'stalled', onlyFailed: false });
  });

  test('and waits is not stalled before its time, nor while a part is away or has just come back', () => {
    const early = stalled({ progress: progressOf({ lag: 9n, commitAgeSeconds: 179 }) });
    const away = stalled({ parts: partsSince([0, 'database']) });
    const back = stalled({ parts: partsSince([200_000, 'database'], [100_000]) });
    for (const situation of [early, away, back]) {
      expect(kindsOf(situation)).toEqual([]);
      expect(wantedFor(situation)).toBeUndefined();
    }
  });

  test('and stalls again after three restarts waits for a person', () => {
    const often = stalled({ restarts: tries(900_000, 700_000, 400_000) });
    expect(judgeSink(often).drafts[0]).toMatchObject({ needsPerson: true });
    expect(wantedFor(often)).toBeUndefined();
  });
});

describe('a sink that the database has stopped', () => {
  test('is restarted as soon as the database answers, without an incident of its own', () => {
    const situation = failed([database]);
    expect(wantedFor(situation)).toEqual({ kind: 'restart', cause: 'database', onlyFailed: true });
    expect(kindsOf(situation)).toEqual([]);
  });

  test('waits while the database is away', () => {
    const situation = failed([database], { parts: partsSince([0, 'database']) });
    expect(wantedFor(situation)).toBeUndefined();
    expect(kindsOf(situation)).toEqual([]);
  });

  test('is told when the first restart has not helped, and restarted after a pause that grows', () => {
    const soon = failed([database], { restarts: tries(4_999) });
    expect(kindsOf(soon)).toEqual(['sink-failed']);
    expect(wantedFor(soon)).toBeUndefined();
    expect(wantedFor(failed([database], { restarts: tries(5_000) }))).toBeDefined();
    expect(wantedFor(failed([database], { restarts: tries(20_000, 9_999) }))).toBeUndefined();
    expect(wantedFor(failed([database], { restarts: tries(20_000, 10_000) }))).toBeDefined();
  });

  test('is restarted at once when the database came back after the last try', () => {
    const situation = failed([database], {
      restarts: tries(60_000, 30_000, 2_000),
      parts: partsSince([10_000, 'database'], [1_000]),
    });
    expect(wantedFor(situation)).toMatchObject({ cause: 'database' });
  });

  test('is tried again within a minute, however often that did not help; from the tenth time on a person is called', () => {
    const often = (count: number, last: number) =>
      tries(...Array.from({ length: count }, (_, n) => last + n * 45_000).reverse());
    expect(wantedFor(failed([database], { restarts: often(50, 39_999) }))).toBeUndefined();
    expect(wantedFor(failed([database], { restarts: often(50, 40_000) }))).toBeDefined();
    expect(judgeSink(failed([database], { restarts: often(9, 1) })).drafts[0]).toMatchObject({ needsPerson: false });
    expect(judgeSink(failed([database], { restarts: often(10, 1) })).drafts[0]).toMatchObject({ needsPerson: true });
  });

  test('is not restarted more than ninety times in an hour', () => {
    const often = tries(...Array.from({ length: 90 }, (_, index) => 3_590_000 - index * 39_000));
    expect(wantedFor(failed([database], { restarts: often }))).toBeUndefined();
    expect(judgeSink(failed([database], { restarts: often })).drafts[0]).toMatchObject({ needsPerson: true });
  });

  test('with something that does not end by itself, a missing column, is a person’s case after three tries', () => {
    const missing = failureOf({
      fault: 'database',
      cause: 'PSQLException: column "x" does not exist',
      hint: 'migrate',
    });
    expect(judgeSink(failed([missing])).drafts[0]).toMatchObject({ kind: 'sink-failed', needsPerson: true });
    expect(wantedFor(failed([missing], { restarts: tries(900_000, 800_000, 700_000) }))).toBeUndefined();
  });

  test('beside a record is restarted first: the record may be none', () => {
    expect(wantedFor(failed([record, database]))).toMatchObject({ kind: 'restart', cause: 'database' });
  });
});

test('a sink that the registry has stopped waits for the registry alone', () => {
  expect(wantedFor(failed([registry], { parts: partsSince([0, 'registry']) }))).toBeUndefined();
  expect(wantedFor(failed([registry]))).toEqual({ kind: 'restart', cause: 'registry', onlyFailed: true });
});

describe('a sink that a record has stopped', () => {
  test('is never restarted; its record is looked for once', () => {
    expect(wantedFor(failed([record]))).toEqual({ kind: 'trial' });
    const trial = { kind: 'culprits', records: ['positions-0@7'], reason: 'magic byte' } as const;
    expect(wantedFor(failed([record], { trial }))).toBeUndefined();
    expect(wantedFor(failed([record], { trial: { kind: 'untold', why: 'the registry is away' } }))).toBeUndefined();
  });

  test('is told at once, and by the name of the record as soon as it is known', () => {
    expect(judgeSink(failed([record])).drafts[0]).toMatchObject({ kind: 'record', severity: 'critical' });
    const trial = { kind: 'culprits', records: ['positions-0@7'], reason: 'magic byte' } as const;
    expect(judgeSink(failed([record], { trial })).drafts[0]).toMatchObject({
      record: 'positions-0@7',
      summary: 'positions-0@7 stops the sink',
      needsPerson: true,
    });
  });

  test('of which no record is to blame is restarted as one whose cause nobody knows', () => {
    expect(wantedFor(failed([record], { trial: { kind: 'none' } }))).toMatchObject({ cause: 'unknown' });
  });
});

describe('a sink that has FAILED and nobody knows why', () => {
  test('is restarted three times, and then waits for a person', () => {
    expect(wantedFor(failed([unknown]))).toMatchObject({ kind: 'restart', cause: 'unknown' });
    expect(wantedFor(failed([unknown], { restarts: tries(60_000, 30_000) }))).toBeDefined();
    const often = failed([unknown], { restarts: tries(600_000, 500_000, 400_000) });
    expect(wantedFor(often)).toBeUndefined();
    expect(judgeSink(often).drafts[0]).toMatchObject({ kind: 'sink-failed', needsPerson: true });
  });

  test('is the database’s case when the database was away a moment ago', () => {
    const situation = failed([unknown], { parts: partsSince([30_000, 'database'], [10_000]) });
    expect(wantedFor(situation)).toMatchObject({ cause: 'database' });
  });
});

test('a sink whose settings are wrong is not restarted', () => {
  const settings = failureOf({ fault: 'sink', cause: 'ClassNotFoundException: x' });
  expect(wantedFor(failed([settings]))).toBeUndefined();
  expect(judgeSink(failed([settings])).drafts[0]).toMatchObject({ needsPerson: true });
});

describe('hands off', () => {
  test.each(['PAUSED', 'STOPPED'] as const)('a sink that somebody has %s, also with a task that FAILED', (state) => {
    const situation = situationOf({ seen: { sink: { ...sinkOf('FAILED'), state }, failures: [database] } });
    expect(wantedFor(situation)).toBeUndefined();
    expect(kindsOf(situation)).toEqual([]);
  });

  test('a sink on which somebody else acts; what is open of it stays open', () => {
    const actor = { owner: 'alice', purpose: 'connect deploy', at: '', ttlMs: 1 };
    const situation = failed([database], { actor });
    expect(wantedFor(situation)).toBeUndefined();
    expect(judgeSink(situation)).toMatchObject({ drafts: [], unseen: expect.arrayContaining(['sink-failed']) });
  });

  test('a sink that would jump over deleted records, or of which nobody knows that', () => {
    const gaps = [{ partition: 0, from: 1n, to: 2n }];
    expect(wantedFor(failed([database], { seen: { gaps } }))).toBeUndefined();
    expect(wantedFor(failed([database], { seen: { gaps: undefined } }))).toBeUndefined();
  });

  test('a sink that could not be looked at, and one that is not deployed', () => {
    const away = situationOf({ seen: { sink: undefined } });
    expect(judgeSink(away)).toMatchObject({ drafts: [], unseen: expect.arrayContaining(['record']) });
    expect(wantedFor(away)).toBeUndefined();
    expect(kindsOf(situationOf({ seen: { sink: 'missing' } }))).toEqual(['sink-missing']);
    expect(wantedFor(situationOf({ seen: { sink: 'missing' } }))).toBeUndefined();
  });
});
