import { describe, expect, it } from 'vitest';
import { withoutValues } from '../../../core/without-values.ts';

describe('an error without the values of its row', () => {
  it.each([
    [
      'PSQLException: new row for relation "positions" violates check constraint "size" Detail: Failing row contains (1, owner-7, 2.5, null). Hint: x',
      'PSQLException: new row for relation "positions" violates check constraint "size" Detail: Failing row contains (…',
    ],
    [
      'duplicate key value violates unique constraint "u" Detail: Key (position_account, signature)=(owner-7, a) b) already exists.',
      'duplicate key value violates unique constraint "u" Detail: Key (position_account, signature)=(…',
    ],
    [
      'no partition of relation "positions" found for row Detail: Partition key of the failing row contains (slot) = (owner-7).',
      'no partition of relation "positions" found for row Detail: Partition key of the failing row contains (slot) = (…',
    ],
    [
      "BatchUpdateException: Batch entry 0 INSERT INTO positions (a,b) VALUES ('owner-7'::varchar) was aborted: ERROR: x",
      'BatchUpdateException: Batch entry 0 INSERT INTO positions (a,b) VALUES (…',
    ],
    ['invalid input syntax for type numeric: "owner-7"', 'invalid input syntax for type numeric: "…'],
    ['invalid input value for enum side: "owner-7" x', 'invalid input value for enum side: "…'],
    ['NumberFormatException: For input string: "owner-7"', 'NumberFormatException: For input string: "…'],
    ['date/time field value out of range: "owner-7"', 'date/time field value out of range: "…'],
    ['invalid byte sequence for encoding "UTF8": 0x6f 0x77 owner-7', 'invalid byte sequence for encoding "UTF8": …'],
    ['time zone "owner-7" not recognized', 'time zone "…'],
    ['"owner-7" is out of range for type double precision', '… is out of range for type double precision'],
    ['value "40000" is out of range for type smallint', 'value … is out of range for type smallint'],
  ])('%s', (text, left) => {
    expect(withoutValues(text)).toBe(left);
    expect(withoutValues(text)).not.toMatch(/owner-7|40000/);
  });

  it('holds to the end of the text, because a value may look like the end of the quote', () => {
    const text = 'Detail: Failing row contains (a). Hint: look at (b), owner-7).\nowner-7 again';
    expect(withoutValues(text)).toBe('Detail: Failing row contains (…');
  });

  it.each([
    'PSQLException: value too long for type character varying(20)',
    'column "trader" of relation "positions" does not exist',
    'FATAL: password authentication failed for user "perps"',
    'PSQLException: ERROR: cannot execute INSERT in a read-only transaction',
    'numeric field overflow Detail: A field with precision 38, scale 18 must round to an absolute value less than 10^20.',
    'Connection to 127.0.0.1:5432 refused. Check that the hostname and port are correct',
  ])('leaves what holds none: %s', (text) => {
    expect(withoutValues(text)).toBe(text);
  });

  it('takes no longer for a long text than its length asks for', () => {
    const parts = [
      'value "',
      'Failing row contains (',
      ')=',
      'invalid input ',
      'VALUES ',
      'for encoding "',
      'malformed ',
    ];
    const started = performance.now();
    for (const part of parts) withoutValues(part.repeat(1_000_000 / part.length));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
