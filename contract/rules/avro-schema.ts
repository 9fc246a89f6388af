import type { AvroField } from '../../schemas/avro-schema.ts';
import { shortName } from '../contract.ts';
import { fieldRule, type Rule } from '../rule.ts';

const fieldType: Rule = {
  id: 'FIELD_TYPE',
  what: 'Every Avro field is of a type that a column can hold: flat, or a list, with supported logical types and valid limits.',
  why: 'Neither producer nor sink can write such a field into a row.',
  *check({ schema }) {
    for (const { name, place, reason } of schema.unsupported) {
      yield {
        path: `${schema.name}.${name}`,
        places: [place],
        message: `${name}: ${reason}`,
        remedy:
          'use a type that docs/types.md lists, alone or with null; what has none goes as text, or as JSON into jsonb',
      };
    }
  },
};

const fieldLimits = fieldRule({
  id: 'FIELD_LIMITS',
  what: "A field's limits fit its type and one another.",
  why: 'The producer ignores a limit that its type has none of, and refuses every update when limits contradict.',
  *check(field, { schema }) {
    const problem = contradiction(field);
    if (problem === undefined) return;
    yield {
      path: `${schema.name}.${field.name}`,
      places: [field.placeOf(problem.attribute)],
      message: `${field.name}: ${problem.text}`,
      remedy: 'correct or remove the limit',
    };
  },
});

function contradiction(field: AvroField): { attribute: string; text: string } | undefined {
  // An array's limits are those of its elements.
  const { kind, minLength, maxLength, minimum, maximum, allowed } = field.items ?? field;
  const isText = kind === 'string';
  const isWhole = kind === 'int' || kind === 'long';
  for (const [attribute, value, fits] of [
    ['minLength', minLength, isText],
    ['maxLength', maxLength, isText],
    ['allowed', allowed, isText || kind === 'enum'],
    ['minimum', minimum, isWhole],
    ['maximum', maximum, isWhole],
  ] as const) {
    if (value !== undefined && !fits) return { attribute, text: `${attribute} means nothing on ${kind}` };
  }
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength) {
    return { attribute: 'minLength', text: `minLength ${minLength} is more than maxLength ${maxLength}` };
  }
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    return { attribute: 'minimum', text: `minimum ${minimum} is more than maximum ${maximum}` };
  }
  const twice = allowed?.find((word, index) => allowed.indexOf(word) !== index);
  if (twice !== undefined) return { attribute: 'allowed', text: `"${twice}" stands twice in allowed` };
  const tooLong = allowed?.find((word) => [...word].length > (maxLength ?? Number.POSITIVE_INFINITY));
  if (tooLong !== undefined)
    return { attribute: 'allowed', text: `"${tooLong}" is longer than maxLength ${maxLength}` };
  return undefined;
}

const nameNeedsQuotes = fieldRule({
  id: 'NAME_NEEDS_QUOTES',
  what: 'Field names are lower case and no reserved word of SQL.',
  why: 'The sink writes names without quotes: upper case is folded to a column that is not there, a reserved word is a syntax error.',
  *check({ name, place }, { migrated, stream }) {
    const reserved = migrated.reservedWords.includes(name);
    if (/^[a-z_][a-z0-9_]{0,62}$/.test(name) && !reserved) return;
    yield {
      path: `${shortName(stream.table.name)}.${name}`,
      places: [place],
      message: reserved
        ? `${name}: is a reserved word of SQL`
        : `${name}: a column is called so only in quotes; unquoted it is ${name.toLowerCase()}`,
      remedy: 'choose another name for field and column: lower case, digits, underscores, at most 63 characters',
    };
  },
});

/** The Avro schema by itself. */
export const avroSchemaRules = [fieldType, fieldLimits, nameNeedsQuotes];
