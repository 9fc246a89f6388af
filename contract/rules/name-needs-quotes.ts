import { shortName } from '../contract.ts';
import type { Rule } from '../rule.ts';

export const nameNeedsQuotes: Rule = {
  id: 'NAME_NEEDS_QUOTES',
  what: 'Field names are lower case and no reserved word of SQL.',
  why: 'The sink writes names without quotes: upper case is folded to a column that is not there, a reserved word is a syntax error.',
  *check({ schema, migrated, stream }) {
    for (const field of schema.fields) {
      const { name } = field;
      const reserved = migrated.reservedWords.includes(name);
      if (/^[a-z_][a-z0-9_]{0,62}$/.test(name) && !reserved) continue;
      yield {
        path: `${shortName(stream.table.name)}.${name}`,
        places: [field.place],
        message: reserved
          ? `${name}: is a reserved word of SQL`
          : `${name}: a column is called so only in quotes; unquoted it is ${name.toLowerCase()}`,
        remedy: 'choose another name for field and column: lower case, digits, underscores, at most 63 characters',
      };
    }
  },
};
