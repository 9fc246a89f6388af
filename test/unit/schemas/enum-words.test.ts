import { resolve } from 'node:path';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { loadAvroSchema } from '../../../schemas/avro-schema.ts';
import { enumWord, enumWords } from '../../../schemas/enum-words.ts';

describe('the word of a proto enum value', () => {
  it.each([
    ['Side', 'SIDE_LONG', ['Long', 'Short'], 'Long'],
    ['EventType', 'EVENT_TYPE_PNL_UPDATE', ['OPENED', 'PNL_UPDATE'], 'PNL_UPDATE'],
    ['PositionStatus', 'POSITION_STATUS_OPEN', ['Opening', 'Open'], 'Open'],
    ['Side', 'LONG', ['Long', 'Short'], 'Long'],
    ['HTTPState', 'HTTP_STATE_TIMED_OUT', ['TimedOut'], 'TimedOut'],
  ])('of %s.%s is the allowed word with the same letters', (enumName, valueName, allowed, word) => {
    expect(enumWord(enumName, valueName, allowed)).toBe(word);
  });

  it('is none for UNSPECIFIED and for a value that the schema does not allow', () => {
    expect(enumWord('Side', 'SIDE_UNSPECIFIED', ['Long', 'Short'])).toBeUndefined();
    expect(enumWord('Side', 'SIDE_BOTH', ['Long', 'Short'])).toBeUndefined();
  });
});

describe('the position feed', () => {
  const folder = resolve(import.meta.dirname, '../../../schemas');
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => resolve(folder, target);
  root.loadSync('position-update.proto', { keepCase: true }).resolveAll();
  const update = root.lookupType('perps.v1.PositionUpdate');
  const { fields } = loadAvroSchema(resolve(folder, 'position-update.avsc'));

  it('has the fields of the Avro record, in its order', () => {
    expect(update.fieldsArray.map(({ name }) => name)).toEqual(fields.map(({ name }) => name));
  });

  it('has an enum value for each allowed word, and a word for each value but UNSPECIFIED', () => {
    const enumFields = update.fieldsArray.filter(({ resolvedType }) => resolvedType instanceof protobuf.Enum);
    expect(enumFields.map(({ name }) => name)).toEqual(['side', 'status', 'event_type']);
    for (const { name, resolvedType } of enumFields) {
      const allowed = fields.find((field) => field.name === name)?.allowed ?? [];
      const { name: enumName, values } = resolvedType as protobuf.Enum;
      const words = enumWords(enumName, Object.keys(values), allowed);
      expect([...words.values()].sort()).toEqual([...allowed].sort());
      expect(Object.keys(values).filter((value) => !words.has(value))).toEqual([
        Object.keys(values).find((value) => values[value] === 0),
      ]);
    }
  });

  it('sends amounts as text and slots as unsigned 64-bit numbers', () => {
    const typeOf = new Map(update.fieldsArray.map(({ name, type }) => [name, type]));
    for (const { name, kind } of fields) {
      if (kind === 'decimal') expect(typeOf.get(name), name).toBe('string');
      if (kind === 'long') expect(typeOf.get(name), name).toBe('uint64');
      if (kind === 'timestamp-millis') expect(typeOf.get(name), name).toBe('int64');
    }
  });
});
