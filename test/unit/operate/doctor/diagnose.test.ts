import { expect, test } from 'vitest';
import { doctorLines, doctorSummary } from '../../../../cli/render/doctor.ts';
import { ConnectError } from '../../../../core/errors.ts';
import { type Check, ok } from '../../../../operate/doctor/check.ts';
import { diagnose } from '../../../../operate/doctor/diagnose.ts';
import type { Probes } from '../../../../operate/doctor/probes.ts';

const probes = {} as Probes;
const check = (name: string, run: Check['run'], more: Partial<Check> = {}): Check => ({
  name,
  needs: [],
  run,
  ...more,
});
const fine = async () => [ok('it', 'is fine')];
const down = async () => {
  throw new ConnectError('UNREACHABLE', 'Kafka at k:1 is not reachable', { hint: 'start it' });
};

test('a part that is down is one broken line, and what needs it is unknown because of it', async () => {
  let isAsked = false;
  const ask = async () => {
    isAsked = true;
    return [ok('x', 'is fine')];
  };
  const needy = check('topics.settings', ask, { needs: ['kafka'] });
  const reaches = check('kafka.reachable', down, { reaches: 'kafka' });
  const { checks, counts } = await diagnose([needy, reaches], probes, { timeoutMs: 1_000 });
  expect(checks).toEqual([
    {
      check: 'topics.settings',
      verdict: 'unknown',
      subject: 'kafka',
      message: 'unknown, because Kafka at k:1 is not reachable',
    },
    {
      check: 'kafka.reachable',
      verdict: 'broken',
      subject: 'kafka',
      message: 'Kafka at k:1 is not reachable',
      remedy: 'start it',
    },
  ]);
  expect(counts).toEqual({ ok: 0, warning: 0, broken: 1, unknown: 1 });
  expect(isAsked).toBe(false);
});

test('a check that fails or hangs takes nothing from the others', async () => {
  const checks = [
    check('a', () => new Promise(() => {})),
    check('b', async () => {
      throw new TypeError('undefined is not an object');
    }),
    check('c', fine),
  ];
  const diagnosis = await diagnose(checks, probes, { timeoutMs: 50 });
  expect(diagnosis.checks.map(({ verdict, message }) => `${verdict}: ${message}`)).toEqual([
    'unknown: unknown, because there was no answer within 0.05 s',
    'unknown: unknown, because undefined is not an object',
    'ok: is fine',
  ]);
});

test('a part that does not answer in time is broken', async () => {
  const hangs = check('feed.reachable', () => new Promise(() => {}), { reaches: 'feed' });
  const { checks } = await diagnose([hangs], probes, { timeoutMs: 20 });
  expect(checks).toMatchObject([{ verdict: 'broken', subject: 'feed' }]);
});

test('every line has its mark, and below it what to do', async () => {
  const diagnosis = await diagnose([check('longer.name', fine), check('short', down, { reaches: 'kafka' })], probes, {
    timeoutMs: 1_000,
  });
  expect(doctorLines(diagnosis)).toEqual([
    '✓ longer.name  it: is fine',
    '✗ short        kafka: Kafka at k:1 is not reachable',
    '               → start it',
  ]);
  expect(doctorSummary('staging', diagnosis)).toBe('✗ staging: 1 ok, 1 broken');
});
