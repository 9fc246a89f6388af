import type { AvroField } from '../../schemas/avro-schema.ts';
import type { Rule } from '../rule.ts';

export const fieldLimits: Rule = {
  id: 'FIELD_LIMITS',
  what: "A field's limits fit its type and one another.",
  why: 'The producer ignores a limit that its type has none of, and refuses every update when limits contradict.',
  *check({ schema }) {
    for (const field of schema.fields) {
      const problem = contradiction(field);
      if (problem === undefined) continue;
      yield {
        path: `${schema.name}.${field.name}`,
        places: [field.placeOf(problem.attribute)],
        message: `${field.name}: ${problem.text}`,
        remedy: 'correct or remove the limit',
      };
    }
  },
};

function contradiction(field: AvroField): { attribute: string; text: string } | undefined {
  const { kind, minLength, maxLength, minimum, maximum, allowed } = field;
  const isText = kind === 'string';
  const isWhole = kind === 'int' || kind === 'long';
  for (const [attribute, value, fits] of [
    ['minLength', minLength, isText],
    ['maxLength', maxLength, isText],
    ['allowed', allowed, isText],
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
