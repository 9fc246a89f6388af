import { describe, expect, it } from 'vitest';
import { createRecordEncoder } from '../../../../producer/record/encoder.ts';
import { parseAvroSchema } from '../../../../schemas/avro-schema.ts';
import { unframe } from '../../../../schemas/wire-format.ts';
import { createAvroType } from '../../../support/avro-type.ts';
import { TYPE_CASES } from '../../../support/types/matrix.ts';
import { REFUSED_TYPES } from '../../../support/types/refused.ts';
import { mapSample, samples, samplesSchema } from '../../../support/types/samples.ts';

describe('every type that is carried', () => {
  const type = createAvroType(samplesSchema.raw);
  const encode = createRecordEncoder(samplesSchema, 7);

  it('is written as avsc writes it, and read back as it was', () => {
    for (const { record } of samples()) {
      const { payload } = unframe(encode(record));
      expect(payload.toString('hex')).toBe(type.toBuffer(record).toString('hex'));
      expect({ ...(type.fromBuffer(payload) as object) }).toEqual(record);
    }
  });

  it.each(TYPE_CASES.flatMap(({ name, bad }) => bad.map((value) => [name, value] as const)))(
    'refuses for %s what no column holds: %s',
    (name, value) => {
      expect(mapSample('x', { [name]: value })).toMatchObject({ ok: false, refusals: [{ field: name }] });
    },
  );
});

describe('a type that is not carried', () => {
  it.each(REFUSED_TYPES.map(({ avro, why }) => [JSON.stringify(avro), why, avro] as const))(
    'is refused: %s (%s)',
    (_text, _why, avro) => {
      const schema = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'f', type: ['null', avro] }] });
      expect(() => parseAvroSchema(schema, 'x.avsc')).toThrow(/x\.avsc: field f .*/);
    },
  );
});
