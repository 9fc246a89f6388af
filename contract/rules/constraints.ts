import type { AvroField } from '../../schemas/avro-schema.ts';
import { fieldRange, isWhole } from '../avro-text.ts';
import { columnOf } from '../catalog.ts';
import type { ColumnLimit } from '../check-meaning.ts';
import { shortName, sqlAt, sqlPlace } from '../contract.ts';
import { fieldOf } from '../placed-schema.ts';
import { tableRule } from '../rule.ts';

const checkConstraint = tableRule({
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

const checkUnknown = tableRule({
  id: 'CHECK_UNKNOWN',
  what: 'No CHECK restricts written columns in a way the producer cannot enforce.',
  why: 'A row that the producer let pass may be refused by PostgreSQL, and the task fails.',
  *check(table, contract) {
    const { schema, migrated } = contract;
    for (const check of table.checks) {
      const written = check.columns.filter((column) => fieldOf(schema, column) !== undefined);
      if (written.length === 0 || migrated.limits[`${table.name}.${check.name}`] !== undefined) continue;
      const [first = ''] = written;
      const field = fieldOf(schema, first);
      yield {
        ...sqlAt(contract, table.name, check.name, ...(field === undefined ? [] : [field.place])),
        message: `CHECK ${check.name} on ${written.join(', ')} is none the producer can enforce: ${check.expression}`,
        remedy:
          'write it as comparisons of one column with literals, joined by AND, and give the field the same limits; or drop it',
      };
    }
  },
});

const otherUniqueIndex = tableRule({
  id: 'OTHER_UNIQUE_INDEX',
  what: 'No unique index but the upsert key can refuse a record.',
  why: 'ON CONFLICT arbitrates one index only; a second one makes PostgreSQL refuse the row (SQLSTATE 23505) and the task fails.',
  *check(table, contract) {
    const { schema, stream, definition } = contract;
    const key = stream.table.key;
    for (const index of table.uniqueIndexes) {
      const columns = index.columns;
      // Rows that differ in the key differ in any index that holds it.
      if (key.every((column) => columns.includes(column))) continue;
      const fedByDatabase = columns.some(
        (name) => name !== null && fieldOf(schema, name) === undefined && columnOf(table, name)?.default !== undefined,
      );
      const identity = columns.some((name) => name !== null && columnOf(table, name)?.identity !== undefined);
      if (fedByDatabase || identity) continue;
      yield {
        ...sqlAt(contract, table.name, index.name, definition.placeOf(['table', 'key'])),
        message: `unique index ${index.name} (${columns.map((name) => name ?? 'expression').join(', ')}) is not the upsert key (${key.join(', ')})`,
        remedy: 'drop it or make it an ordinary index by a migration; or upsert on it',
      };
    }
  },
});

const foreignKey = tableRule({
  id: 'FOREIGN_KEY',
  what: "The sink's table references no other table.",
  why: 'A row whose counterpart is not there yet is refused by PostgreSQL, and the task fails.',
  *check(table, contract) {
    for (const key of table.foreignKeys) {
      yield {
        ...sqlAt(contract, table.name, key.name),
        message: `foreign key ${key.name} (${key.columns.join(', ')}) refuses rows by what another table holds`,
        remedy: 'drop it by a migration and join in views instead',
      };
    }
  },
});

const tableUnlogged = tableRule({
  id: 'TABLE_UNLOGGED',
  what: "The sink's table is logged.",
  why: 'A crash of PostgreSQL empties an unlogged table, while the sink has committed its offsets: the rows are lost.',
  *check(table, contract) {
    if (table.persistence === 'permanent') return;
    yield {
      ...sqlAt(contract, table.name),
      message: `table ${shortName(table.name)} is ${table.persistence}`,
      remedy: 'take UNLOGGED away, or ALTER TABLE … SET LOGGED by a migration',
    };
  },
});

const defaultLocalTime = tableRule({
  id: 'DEFAULT_LOCAL_TIME',
  what: 'A default of the current time on a timestamp without time zone says AT TIME ZONE.',
  why: "The JDBC driver sets the session's zone to the worker's, so now() becomes the worker's local time.",
  *check(table, contract) {
    for (const column of table.columns) {
      if (column.type.name !== 'timestamp' || fieldOf(contract.schema, column.name) !== undefined) continue;
      const text = column.default ?? '';
      if (!/\b(now\(\)|current_timestamp|localtimestamp|clock_timestamp\(\)|statement_timestamp\(\))/i.test(text))
        continue;
      if (/at time zone|timezone\(/i.test(text)) continue;
      yield {
        ...sqlAt(contract, table.name, column.name),
        message: `column ${shortName(table.name)}.${column.name}: the default ${text} is the local time of whoever writes`,
        remedy: "write DEFAULT (now() AT TIME ZONE 'utc')",
      };
    }
  },
});

/** Nothing else of the table refuses, loses or changes a row. */
export const constraintRules = [
  checkConstraint,
  checkUnknown,
  otherUniqueIndex,
  foreignKey,
  tableUnlogged,
  defaultLocalTime,
];
