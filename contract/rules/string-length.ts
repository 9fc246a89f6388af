import { columnRule } from '../rule.ts';

export const stringLength = columnRule({
  id: 'STRING_LENGTH',
  what: "The column of a string is at least as long as the field's maxLength, which the producer enforces.",
  why: 'PostgreSQL refuses a text that is too long, and the task fails.',
  check({ field, column, path }) {
    const { length } = column.type;
    if (field.kind !== 'string' || length === undefined) return undefined;
    const longest = field.allowed?.reduce((most, word) => Math.max(most, [...word].length), 0);
    const bound = field.maxLength ?? longest;
    if (bound !== undefined && bound <= length && (longest ?? 0) <= length) return undefined;
    const limit =
      bound === undefined
        ? 'has no maxLength'
        : (longest ?? 0) > length
          ? `allows a word of ${longest} characters`
          : `may have ${bound} characters`;
    return {
      attribute: (longest ?? 0) > length ? 'allowed' : 'maxLength',
      message: `${field.name}: ${limit}, but column ${path} ${column.type.text} holds ${length}`,
      remedy: `give the field "maxLength": ${length} or less, or widen the column by a migration`,
    };
  },
});
