import { expect, it } from 'vitest';
import { parseAvroSchema } from '../../../schemas/avro-schema.ts';
import { constantValue } from '../../../schemas/constant-value.ts';

type Scalar = string | number | boolean;

const micros = (logicalType: string, name: string) => ({
  type: 'long',
  logicalType,
  'connect.name': `io.debezium.time.${name}`,
});

function constantOf(type: unknown, value: Scalar): unknown {
  const text = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'f', type }] });
  const [field] = parseAvroSchema(text, 'r.avsc').fields;
  if (field === undefined) throw new Error('no field');
  return constantValue(field, value);
}

const CASES: readonly (readonly [type: unknown, value: Scalar, read: unknown, bad: Scalar, says: string])[] = [
  ['bytes', '00fF', Buffer.from([0, 255]), '0', 'not bytes as hex'],
  [
    { type: 'string', logicalType: 'uuid' },
    'ABCDEF67-e89b-12d3-a456-426614174000',
    'abcdef67-e89b-12d3-a456-426614174000',
    'x',
    'not a UUID',
  ],
  [{ type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'B', 'B', 'C', '"C" is none of A, B'],
  [{ type: 'string', 'connect.name': 'io.debezium.data.Json' }, '{"a":1.50}', '{"a":1.50}', '{a}', 'is no JSON'],
  [{ type: 'int', logicalType: 'date' }, '2024-02-29', '2024-02-29', '2023-02-29', 'not a date'],
  [{ type: 'int', logicalType: 'time-millis' }, '09:30:00.123', '09:30:00.123000', '09:30:00.1234', 'not a time'],
  [micros('time-micros', 'MicroTime'), '09:30', '09:30:00.000000', '24:00', 'not a time'],
  [
    micros('timestamp-micros', 'MicroTimestamp'),
    '2026-01-01T00:00:00.12Z',
    '2026-01-01T00:00:00.120000Z',
    '2026-01-01T00:00:00',
    'not a time',
  ],
  ['boolean', true, true, 'yes', 'neither true nor false'],
  ['double', 0.1, 0.1, 'x', 'not a finite number'],
];

it.each(CASES)('a constant of %j is read as its column holds it', (type, value, read, bad, says) => {
  expect(constantOf(type, value)).toEqual(read);
  expect(() => constantOf(type, bad)).toThrow(says);
});

it('a list has no constant', () => {
  expect(() => constantOf({ type: 'array', items: 'int' }, '1')).toThrow('has no constants');
});
