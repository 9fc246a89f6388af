import { describe, expect, it } from 'vitest';
import { checkMeaning } from '../../../contract/check-meaning.ts';

describe('a CHECK as PostgreSQL prints it is read as limits', () => {
  it.each([
    [
      "((side)::text = ANY ((ARRAY['Long'::character varying, 'Short'::character varying])::text[]))",
      [{ column: 'side', values: ['Long', 'Short'] }],
    ],
    ["((side)::text = 'Long'::text)", [{ column: 'side', values: ['Long'] }]],
    ['(leverage >= 0)', [{ column: 'leverage', minimum: { value: '0', strict: false } }]],
    ['(0 < leverage)', [{ column: 'leverage', minimum: { value: '0', strict: true } }]],
    ["(size > '-1.5'::numeric)", [{ column: 'size', minimum: { value: '-1.5', strict: true } }]],
    [
      '((leverage >= 1) AND (leverage <= 100))',
      [
        { column: 'leverage', minimum: { value: '1', strict: false } },
        { column: 'leverage', maximum: { value: '100', strict: false } },
      ],
    ],
    ['(char_length((owner)::text) <= 44)', [{ column: 'owner', maxLength: 44 }]],
    ['(length((owner)::text) > 31)', [{ column: 'owner', minLength: 32 }]],
    ["((owner)::text <> ''::text)", [{ column: 'owner', notEmpty: true }]],
    ['(index = ANY (ARRAY[1, 2, 3]))', [{ column: 'index', values: ['1', '2', '3'] }]],
    ["(symbol = ANY (ARRAY['::'::text, 'x'::text]))", [{ column: 'symbol', values: ['::', 'x'] }]],
    ["((symbol)::text = '('::text)", [{ column: 'symbol', values: ['('] }]],
  ])('%s', async (expression, limits) => {
    expect(await checkMeaning(expression)).toEqual(limits);
  });
});

describe('what no limit can say is not read as one', () => {
  it.each([
    '(mark_price >= liquidation_price)',
    "((side)::text ~ '^[LS]'::text)",
    "(((side)::text = 'Long'::text) OR (leverage > 5))",
    '((leverage % 2) = 0)',
    "(lower((symbol)::text) = 'btc'::text)",
    '(NOT (leverage = 3))',
    '(leverage IS NOT NULL)',
    // Lists in a literal, not one word.
    "(side = ANY ('{Long,Short}'::text[]))",
    '(a.leverage >= 0)',
    '',
  ])('%s', async (expression) => {
    expect(await checkMeaning(expression)).toBeUndefined();
  });
});
