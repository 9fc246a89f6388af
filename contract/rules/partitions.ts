import { columnOf } from '../catalog.ts';
import { shortName, sqlAt, sqlPlace } from '../contract.ts';
import { fieldOf } from '../placed-schema.ts';
import { tableRule } from '../rule.ts';

const partitionedTable = tableRule({
  id: 'TABLE_PARTITIONS',
  what: 'The table is partitioned as the definition says, or not at all when it says nothing; and it has a default partition.',
  why: 'The upsert key differs between the two, so the task fails on the first record; and without a default partition a row that no partition takes stops the sink.',
  *check(table, contract) {
    const { stream, definition } = contract;
    const { partition } = stream.table;
    const own = shortName(table.name);
    const found = table.partitions;
    const place = definition.placeOf(partition === undefined ? ['table', 'name'] : ['table', 'partition']);
    const here = { path: own, places: [place, sqlPlace(contract, table.name)] as const };
    if (partition === undefined) {
      if (found === null) return;
      yield {
        ...here,
        message: `${own} is partitioned by ${found.key}, and the definition says nothing of partitions`,
        remedy: 'add table.partition to the definition, so that `connect partitions` keeps them',
      };
      return;
    }
    if (found === null) {
      yield {
        ...here,
        message: `${own} is to be partitioned by ${partition.by}, and the migrations make it one table`,
        remedy: `\`connect partitions migration ${stream.name}\` writes the migration`,
      };
      return;
    }
    if (found.key !== `RANGE (${partition.by})`) {
      yield {
        ...here,
        message: `${own} is partitioned by ${found.key}, the definition says RANGE (${partition.by})`,
        remedy: 'name the column that the table is partitioned by; a table cannot change it',
      };
    }
    if (!found.hasDefault) {
      yield {
        ...here,
        message: `${own} has no default partition: a row of a time that no partition takes stops the sink`,
        remedy: `CREATE TABLE ${own}_default PARTITION OF ${own} DEFAULT by a migration`,
      };
    }
  },
});

const partitionColumn = tableRule({
  id: 'PARTITION_COLUMN',
  what: 'The column of the partitions is a time, and so is the field that fills it.',
  why: 'Partitions are made and dropped by days, weeks and months; of another column nobody can say which time a partition is of.',
  *check(table, contract) {
    const { stream, schema, definition } = contract;
    const { partition } = stream.table;
    if (partition === undefined) return;
    const place = definition.placeOf(['table', 'partition', 'by']);
    const own = `${shortName(table.name)}.${partition.by}`;
    const column = columnOf(table, partition.by);
    if (column !== undefined && !column.type.name.startsWith('timestamp')) {
      yield {
        ...sqlAt(contract, table.name, partition.by, place),
        message: `column ${own} is ${column.type.text}, and partitions are of times`,
        remedy: 'name a column of type timestamp or timestamptz',
      };
    }
    const field = fieldOf(schema, partition.by);
    if (field !== undefined && !field.kind.startsWith('timestamp')) {
      yield {
        path: own,
        places: [field.placeOf('type'), place],
        message: `${partition.by}: its field is no time, and partitions are of times`,
        remedy: 'name a field with the logicalType timestamp-millis or timestamp-micros',
      };
    }
  },
});

/** How the table is cut by time. */
export const partitionRules = [partitionedTable, partitionColumn];
