import type { AvroField } from '../../schemas/avro-schema.ts';
import { fieldRange, isWhole } from '../avro-text.ts';
import type { ColumnLimit } from '../check-meaning.ts';
import { shortName, sqlPlace } from '../contract.ts';
import { fieldOf } from '../placed-schema.ts';
import { tableRule } from '../rule.ts';

export const checkConstraint = tableRule({
  id: 'CHECK_CONSTRAINT',
  what: "Every CHECK of the table lets through what the field's allowed, minimum, maximum, minLength and maxLength let through.",
  why: 'PostgreSQL refuses a row that the producer let pass, and the task fails.',
  *check(table, contract) {
    const { schema, migrated } = contract;
    for (const check of table.checks) {
      for (const limit of migrated.limits[`${table.name}.${check.name}`] ?? []) {
        const field = fieldOf(schema, limit.column);
        const problem = field === undefined ? undefined : conflict(field, limit);
        if (field === undefined || problem === undefined) continue;
        yield {
          path: `${shortName(table.name)}.${limit.column}`,
          places: [field.placeOf(problem.attribute), sqlPlace(contract, table.name, check.name)],
          message: `${field.name}: ${problem.text}, but CHECK ${check.name} does not: ${check.expression}`,
          remedy: 'give the field the same limit, or change the CHECK by a migration',
        };
      }
    }
  },
});

/** What the field lets through and the CHECK does not, and the attribute that says so. */
interface Conflict {
  readonly attribute: string;
  readonly text: string;
}

function conflict(field: AvroField, limit: ColumnLimit): Conflict | undefined {
  return wordConflict(field, limit) ?? rangeConflict(field, limit) ?? lengthConflict(field, limit);
}

function wordConflict({ allowed }: AvroField, { values }: ColumnLimit): Conflict | undefined {
  if (values === undefined) return undefined;
  if (allowed === undefined) return { attribute: 'name', text: 'any value is allowed' };
  const refused = allowed.filter((word) => !values.includes(word));
  return refused.length === 0 ? undefined : { attribute: 'allowed', text: `"${refused.join('", "')}" is allowed` };
}

function rangeConflict(field: AvroField, { minimum, maximum }: ColumnLimit): Conflict | undefined {
  if (minimum === undefined && maximum === undefined) return undefined;
  // Only whole numbers have bounds the producer enforces.
  if (!isWhole(field)) return { attribute: 'name', text: `every ${field.kind} is let through` };
  const [lowest, highest] = fieldRange(field);
  if (minimum !== undefined && !above(lowest, minimum.value, minimum.strict)) {
    return { attribute: 'minimum', text: `${lowest} is let through` };
  }
  if (maximum !== undefined && !above(-highest, negate(maximum.value), maximum.strict)) {
    return { attribute: 'maximum', text: `${highest} is let through` };
  }
  return undefined;
}

/** Whether a whole number is above a decimal bound; a fraction of the bound counts upwards. */
function above(value: bigint, bound: string, strict: boolean): boolean {
  const [whole = '0', fraction = ''] = bound.replace('-', '').split('.');
  const hasFraction = /[1-9]/.test(fraction);
  const truncated = bound.startsWith('-') ? -BigInt(whole) : BigInt(whole);
  if (!hasFraction) return strict ? value > truncated : value >= truncated;
  return bound.startsWith('-') ? value >= truncated : value > truncated;
}

const negate = (text: string): string => (text.startsWith('-') ? text.slice(1) : `-${text}`);

function lengthConflict(field: AvroField, limit: ColumnLimit): Conflict | undefined {
  const least = limit.notEmpty ? 1 : limit.minLength;
  const lengths = field.allowed?.map((word) => [...word].length);
  const shortest = lengths === undefined ? (field.minLength ?? 0) : Math.min(...lengths);
  const longest = lengths === undefined ? (field.maxLength ?? Number.POSITIVE_INFINITY) : Math.max(...lengths);
  if (least !== undefined && shortest < least) {
    return {
      attribute: 'minLength',
      text: shortest === 0 ? 'an empty text is let through' : `${shortest} characters are let through`,
    };
  }
  if (limit.maxLength !== undefined && longest > limit.maxLength) {
    const text = longest === Number.POSITIVE_INFINITY ? 'a text of any length is' : `${longest} characters are`;
    return { attribute: 'maxLength', text: `${text} let through` };
  }
  return undefined;
}
