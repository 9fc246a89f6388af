import { describe, expect, test } from 'vitest';
import { toDeadLetter } from '../../../../operate/dead-letters/dead-letter.ts';
import { deadLetterName, ownHeaders, replayCount } from '../../../../operate/dead-letters/record-headers.ts';
import { from, record } from '../../../support/dead-letters.ts';
import { positions } from '../../../support/positions-stream.ts';

describe('a dead letter', () => {
  test('is named by where it stood, or by where it stands when its headers do not say', () => {
    const deadLetter = toDeadLetter(positions, 'dlq', record(7n, from(3, 81_244)));
    expect(deadLetter).toMatchObject({
      name: 'positions-3@81244',
      cause: 'PSQLException: too long',
      stage: 'TASK_PUT',
    });
    expect(toDeadLetter(positions, 'dlq', record(7n))).toMatchObject({ name: 'positions.dlq-0@7', cause: 'not said' });
    const own = { topic: 'positions.dlq', partition: 0, offset: 7n };
    expect(deadLetterName(from(3, 81_244), own)).toBe('positions-3@81244');
    expect(deadLetterName({ '__connect.errors.topic': 'positions' }, own)).toBe('positions.dlq-0@7');
  });

  test('keeps its own headers apart from what was added', () => {
    const headers = { mine: 'a', 'replay.count': '2', 'quarantine.at': 'x', ...from(0, 1) };
    expect(ownHeaders(headers)).toEqual({ mine: 'a' });
    expect(replayCount(headers)).toBe(2);
    expect(replayCount({ 'replay.count': 'many' })).toBe(0);
  });
});

test('rejected updates of the same bytes are the same', () => {
  const [a, b] = [record(1n, { reason: 'TOO_LONG', field: 'symbol' }), { ...record(2n), value: record(1n).value }];
  const [first, second] = [toDeadLetter(positions, 'rejected', a), toDeadLetter(positions, 'rejected', b)];
  expect(first).toMatchObject({ name: 'positions.rejected-0@1', cause: 'TOO_LONG symbol', stage: 'PRODUCER' });
  expect(second.recordId).toBe(first.recordId);
});
