import { enumWord } from '../../schemas/enum-words.ts';
import { fedFields } from '../contract.ts';
import type { Rule } from '../rule.ts';

export const enumWordsMatch: Rule = {
  id: 'ENUM_WORDS',
  what: "Each value of a proto enum, but its zero, is one of the field's allowed words, and each word has a value.",
  why: 'The producer refuses updates whose value has no word.',
  *check(contract) {
    const { schema } = contract;
    for (const { source, field } of fedFields(contract)) {
      if (field.allowed === undefined || source.enum === undefined) continue;
      const enumName = source.type.split('.').at(-1) ?? source.type;
      const reached = new Set<string>();
      for (const value of source.enum.values) {
        const word = enumWord(enumName, value.name, field.allowed);
        if (word !== undefined) reached.add(word);
        else if (value.number !== 0) {
          yield {
            path: `${source.enum.name}.${value.name}`,
            places: [value.place, field.placeOf('allowed')],
            message: `${source.name}: ${value.name} is none of the allowed words ${field.allowed.join(', ')}`,
            remedy: `add its word to "allowed" of ${field.name} in ${schema.file} (and to the table's CHECK, if it has one)`,
          };
        }
      }
      for (const word of field.allowed.filter((candidate) => !reached.has(candidate))) {
        yield {
          path: `${schema.name}.${field.name}`,
          places: [field.placeOf('allowed'), source.enum.place],
          message: `${field.name}: no value of enum ${source.type} means "${word}"`,
          remedy: `add a value for it to ${enumName}, or take the word out of "allowed"`,
        };
      }
    }
  },
};
