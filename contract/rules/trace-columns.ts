import { traceColumns as names } from '../../pipeline/names.ts';
import { columnOf } from '../catalog.ts';
import { shortName, sqlAt, sqlPlace } from '../contract.ts';
import { fieldOf } from '../placed-schema.ts';
import { addedColumns } from '../rendered-sink.ts';
import { tableRule } from '../rule.ts';

/** Columns wide enough for each value that Connect adds; names as in pg_type. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  partition: ['int4', 'int8'],
  offset: ['int8'],
  topic: ['text', 'varchar'],
  timestamp: ['timestamp'],
};

export const traceColumns = tableRule({
  id: 'TRACE_COLUMNS',
  what: `The table has the columns that Connect adds to each record (${names.partition}, ${names.offset}), wide enough, and no Avro field has their names.`,
  why: 'The sink fails on the missing column; with a narrow one, once offsets outgrow it; without offsets, ties within a slot are undecided.',
  *check(table, contract) {
    const { sinks, schema, definition } = contract;
    for (const sink of sinks) {
      const added = addedColumns(sink.config);
      for (const [name, setting] of added) {
        const column = columnOf(table, name);
        const what = setting.split('.').at(-2) ?? '';
        const allowed = FAMILIES[what];
        const path = `${shortName(table.name)}.${name}`;
        const field = fieldOf(schema, name);
        if (field !== undefined) {
          yield {
            path,
            places: [field.place, sink.placeOf(setting)],
            message: `${name}: Connect adds the record's ${what} under this name and would overwrite the field`,
            remedy: 'choose another name for the field',
          };
        } else if (column === undefined) {
          const dropped = contract.migrated.dropped[`${table.name}.${name}`];
          yield {
            path,
            places: [dropped ?? sqlPlace(contract, table.name), sink.placeOf(setting)],
            message: `table ${shortName(table.name)} has no column ${name}, which Connect adds to each record (its ${what})`,
            remedy: `add a migration with ALTER TABLE ${shortName(table.name)} ADD COLUMN ${name} ${what === 'offset' ? 'BIGINT' : 'INTEGER'}`,
          };
        } else if (allowed !== undefined && !allowed.includes(column.type.name)) {
          yield {
            ...sqlAt(contract, table.name, name, sink.placeOf(setting)),
            message: `column ${path} ${column.type.text} does not hold every ${what}`,
            remedy: `make it ${what === 'offset' ? 'bigint' : 'integer'} by a migration`,
          };
        }
      }
      const lacking = Object.values(names).filter((wanted) => !added.has(wanted));
      if (lacking.length > 0) {
        yield {
          path: `${shortName(table.name)}.${lacking[0]}`,
          places: [sink.placeOf('transforms'), definition.placeOf(['sink'])],
          message: `the transforms add no ${lacking.join(' and no ')}: rows cannot be traced to their records, and ties within a slot are undecided`,
          remedy: 'keep the transform `trace` that this package sets, beside your own',
        };
      }
    }
  },
});
