import { fieldOf, noField } from '../placed-schema.ts';
import { nextStep } from '../rollout.ts';
import type { Rule } from '../rule.ts';

/** The field that feeds are resumed by: a subscription begins with a whole slot, so only numbers inside a slot repeat. */
const RESUMED_BY = 'slot';

export const ordinal: Rule = {
  id: 'ORDINAL',
  what: 'The field that numbers the updates of one identity and slot is an optional int or long, is written, and orders states inside a slot.',
  why: 'Without it, or with other numbers in each delivery, a redelivered update takes the current state back.',
  *check({ stream, schema, definition, written }) {
    const { current } = stream.table;
    if (current?.ordinal === undefined) return;
    const field = fieldOf(schema, current.ordinal);
    const counts = field?.kind === 'int' || field?.kind === 'long';
    const problem =
      field === undefined
        ? noField(schema, current.ordinal)
        : !counts
          ? `${field.name} is ${field.kind}, which does not count`
          : !field.nullable
            ? `${field.name} is required, so records without it could not be read`
            : written.every(({ name }) => name !== field.name)
              ? `${field.name} is in sink.omit, so the table never has it`
              : current.order !== RESUMED_BY
                ? `states are ordered by ${current.order}; a producer counts inside a slot, from which it resumes`
                : undefined;
    if (problem === undefined) return;
    yield {
      path: `${stream.name}.table.current.ordinal`,
      places: [definition.placeOf(['table', 'current', 'ordinal']), field?.place ?? schema.place],
      message: `table.current.ordinal: ${problem}`,
      remedy: nextStep('schema', `has the optional field ${current.ordinal} of type ["null", "int"], default null`),
    };
  },
};
