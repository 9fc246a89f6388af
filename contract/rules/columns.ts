import { didYouMean } from '../../pipeline/did-you-mean.ts';
import { columnOf, isFilled } from '../catalog.ts';
import { missingRelation, shortName, sqlAt, sqlPlace } from '../contract.ts';
import { addedColumns } from '../rendered-sink.ts';
import { nextStep } from '../rollout.ts';
import { columnRule, type Rule, tableRule } from '../rule.ts';

const tableMissing: Rule = {
  id: 'TABLE_MISSING',
  what: 'The table of the definition is one that the migrations create.',
  why: 'The sink fails every task on the first record.',
  *check(contract) {
    const { stream, table, definition } = contract;
    if (table === undefined) {
      yield missingRelation(contract, 'table', stream.table.name, ['table', 'name']);
    } else if (!table.kind.endsWith('table')) {
      yield {
        path: table.name,
        places: [definition.placeOf(['table', 'name']), sqlPlace(contract, table.name)],
        message: `${table.name} is a ${table.kind}: the sink upserts into tables only`,
        remedy: 'name the table behind it in table.name',
      };
    }
  },
};

const columnMissing = tableRule({
  id: 'COLUMN_MISSING',
  what: 'Every Avro field has a column of its name, or is declared in sink.omit.',
  why: 'The sink fails its task on a field the table lacks.',
  *check(table, contract) {
    const { schema, written, migrated } = contract;
    for (const field of written) {
      if (columnOf(table, field.name) !== undefined) continue;
      const dropped = migrated.dropped[`${table.name}.${field.name}`];
      const names = table.columns
        .map(({ name }) => name)
        .filter((name) => !schema.fields.some((one) => one.name === name));
      yield {
        path: `${shortName(table.name)}.${field.name}`,
        places: [field.place, dropped ?? sqlPlace(contract, table.name)],
        message: `${field.name}: table ${shortName(table.name)} has no such column${
          dropped === undefined ? didYouMean(field.name, names) : ', a migration drops or renames it'
        }`,
        remedy:
          dropped === undefined
            ? nextStep('migration', `adds the column ${field.name}`)
            : `list ${field.name} in sink.omit, and deploy that before the migration runs; or keep the column`,
      };
    }
  },
});

const columnWithoutField = tableRule({
  id: 'COLUMN_WITHOUT_FIELD',
  what: 'Every NOT NULL column without a default has an Avro field, or a value that Connect adds.',
  why: 'PostgreSQL refuses every row, and the sink fails its task.',
  *check(table, contract) {
    const { schema, sinks, written } = contract;
    for (const column of table.columns) {
      if (column.nullable || isFilled(column) || written.some(({ name }) => name === column.name)) continue;
      if (sinks.length > 0 && sinks.every(({ config }) => addedColumns(config).has(column.name))) continue;
      yield {
        ...sqlAt(contract, table.name, column.name, schema.place),
        message: `column ${shortName(table.name)}.${column.name} ${column.type.text} is NOT NULL without a default, and no field of ${schema.name} fills it`,
        remedy: nextStep('schema', `fills ${column.name}; or let the column be NULL, or give it a default`),
      };
    }
  },
});

const columnNotNull = columnRule({
  id: 'COLUMN_NOT_NULL',
  what: 'A field that may be null has a column that may be NULL.',
  why: 'The sink writes NULL explicitly, so not even a default helps: PostgreSQL refuses the row and the task fails.',
  check({ field, column, path }) {
    if (!field.nullable || column.nullable) return undefined;
    return {
      attribute: 'type',
      message: `${field.name}: may be null, but column ${path} is NOT NULL`,
      remedy: `take "null" out of the field's type, or drop NOT NULL by a migration`,
    };
  },
});

const columnGenerated = columnRule({
  id: 'COLUMN_GENERATED',
  what: 'No Avro field has the name of a column that PostgreSQL fills by itself, always.',
  why: 'PostgreSQL refuses a value for such a column (SQLSTATE 428C9), and the task fails.',
  check({ field, column, path }) {
    if (!column.generated && column.identity !== 'always') return undefined;
    const how = column.generated ? 'generated from other columns' : 'GENERATED ALWAYS AS IDENTITY';
    return {
      attribute: 'name',
      message: `${field.name}: column ${path} is ${how} and takes no value`,
      remedy: 'remove the field, or make the column an ordinary one by a migration',
    };
  },
});

/** Each field has a column that takes it, and each column that needs a value has a field. */
export const columnRules = [tableMissing, columnMissing, columnWithoutField, columnNotNull, columnGenerated];
