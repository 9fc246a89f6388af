import { describe, expect, test } from 'vitest';
import { PLAN_DEFAULTS } from '../../../app/plan.ts';
import { orUnreachable, requireKnown } from '../../../app/unknown-parts.ts';
import { ConnectError } from '../../../core/errors.ts';

const away = new ConnectError('UNREACHABLE', 'Kafka at b-1:9098 is not reachable');

test('a part that cannot be reached is an answer; any other error is none', async () => {
  expect(await orUnreachable(Promise.resolve(5))).toBe(5);
  expect(await orUnreachable(Promise.reject(away))).toBe(away);
  const refused = new ConnectError('REFUSED', 'wrong password');
  await expect(orUnreachable(Promise.reject(refused))).rejects.toBe(refused);
});

describe('a deploy', () => {
  const unknown = { brokers: away, database: undefined };

  test('does not go on while a part is unknown, and says how it may', () => {
    expect(() => requireKnown(unknown, [], PLAN_DEFAULTS, undefined)).toThrow(
      expect.objectContaining({
        code: 'UNREACHABLE',
        message:
          'Kafka at b-1:9098 is not reachable: topics, where the sinks stand, and whether Kafka deleted records that they have not read, are unknown; nothing was changed',
        hint: expect.stringContaining('--unchecked brokers'),
      }),
    );
    expect(() => requireKnown(unknown, ['database'], PLAN_DEFAULTS, undefined)).toThrow('is not reachable');
  });

  test('goes on without a part that is left unchecked by name, and without any when all are known', () => {
    requireKnown(unknown, ['brokers'], PLAN_DEFAULTS, undefined);
    requireKnown({ brokers: undefined, database: undefined }, [], PLAN_DEFAULTS, 'brokers');
  });

  test.each([
    ['--from earliest', { ...PLAN_DEFAULTS, from: 'earliest' } as const],
    ['--grow-topics', { ...PLAN_DEFAULTS, growTopics: true }],
  ])('that has to change offsets or partitions needs the brokers: %s', (flag, options) => {
    expect(() => requireKnown(unknown, ['brokers'], options, undefined)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(`${flag} needs the brokers`) }),
    );
  });

  test('adds partitions without the brokers where MSK tells of the topics, but sets no offsets', () => {
    expect(() => requireKnown(unknown, [], PLAN_DEFAULTS, 'aws')).toThrow(
      /reachable: where the sinks stand, and whether/,
    );
    requireKnown(unknown, ['brokers'], { ...PLAN_DEFAULTS, growTopics: true }, 'aws');
    expect(() => requireKnown(unknown, ['brokers'], { ...PLAN_DEFAULTS, from: 'latest' }, 'aws')).toThrow();
  });
});
