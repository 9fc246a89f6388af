import { movingColumns } from '../../pipeline/moving-columns.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { columnOf, type Relation } from '../catalog.ts';
import { shortName, sqlAt, sqlPlace } from '../contract.ts';
import { type Rule, tableRule } from '../rule.ts';

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
    if (found.by !== partition.by) {
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
  what: 'The column of the partitions is a time.',
  why: 'Partitions are made and dropped by days, weeks and months; of another column nobody can say which time a partition is of.',
  *check(table, contract) {
    const { partition } = contract.stream.table;
    const column = partition && columnOf(table, partition.by);
    if (column === undefined || column.type.name.startsWith('timestamp')) return;
    yield {
      ...sqlAt(contract, table.name, column.name, contract.definition.placeOf(['table', 'partition', 'by'])),
      message: `column ${shortName(table.name)}.${column.name} is ${column.type.text}, and partitions are of times`,
      remedy: 'name a column of type timestamp or timestamptz',
    };
  },
});

const partitionOwn = tableRule({
  id: 'PARTITION_OWN',
  what: 'A partition refuses no row that the table takes: it has no CHECK, NOT NULL, foreign key, exclusion constraint or unique index of its own, is logged, and is not partitioned again.',
  why: 'Rows of one time are refused and the task fails, or a crash of PostgreSQL empties the partition, while the rest of the table is right.',
  *check(table, contract) {
    for (const name of table.partitions?.names ?? []) {
      const partition = contract.migrated.catalog.relations[name];
      if (partition === undefined) continue;
      for (const { part, what } of ownParts(table, partition, contract.stream.table.key)) {
        yield {
          ...sqlAt(contract, name, part),
          message: `partition ${shortName(name)} ${what}, which table ${shortName(table.name)} has not`,
          remedy:
            'take it from the partition by a migration, or give it to the whole table, where the other rules judge it',
        };
      }
    }
  },
});

/** What a partition has beyond its table and can refuse or lose a row by. */
function* ownParts(
  table: Relation,
  partition: Relation,
  key: readonly string[],
): Generator<{ readonly part: string | undefined; readonly what: string }> {
  const isNew = ({ name }: { readonly name: string }) => table.checks.every((check) => check.name !== name);
  for (const { name } of partition.checks.filter(isNew)) yield { part: name, what: `has the CHECK ${name}` };
  const references = new Set(table.foreignKeys.map(({ columns }) => columns.join()));
  for (const { name, columns } of partition.foreignKeys) {
    if (!references.has(columns.join())) yield { part: name, what: `has the foreign key ${name}` };
  }
  const excluded = new Set(table.exclusions.map(({ columns }) => columns.join()));
  for (const { name, columns } of partition.exclusions) {
    if (!excluded.has(columns.join())) yield { part: name, what: `has the exclusion constraint ${name}` };
  }
  const unique = new Set(table.uniqueIndexes.map(({ columns }) => columns.join()));
  for (const { name, columns } of partition.uniqueIndexes) {
    // Rows that differ in the key differ in any index that holds it.
    if (unique.has(columns.join()) || key.every((column) => columns.includes(column))) continue;
    yield {
      part: name,
      what: `has the unique index ${name} (${columns.map((one) => one ?? 'expression').join(', ')})`,
    };
  }
  for (const { name, nullable } of partition.columns) {
    if (!nullable && columnOf(table, name)?.nullable === true) yield { part: name, what: `has ${name} NOT NULL` };
  }
  if (partition.persistence !== table.persistence) yield { part: undefined, what: `is ${partition.persistence}` };
  if (partition.kind === 'partitioned table') yield { part: undefined, what: 'has partitions of its own' };
}

const keyFinal: Rule = {
  id: 'KEY_FINAL',
  what: 'When the upsert key holds the time of the partitions, the feed sends final updates only: it is asked for `finalized`, or `table.final` says why no update comes again with another time. Of an unpartitioned table whose key holds the slot, it is told.',
  why: 'An update that a fork takes back lands in another slot: its second delivery meets no row of its key, and becomes a second row.',
  *check({ stream, definition }) {
    const { partition, final } = stream.table;
    const [first] = movingColumns(stream);
    const moving = partition?.by ?? first;
    if (moving === undefined || final !== undefined || isFinal(stream)) return;
    yield {
      path: `${stream.name}.feed`,
      places: [definition.placeOf(['table', 'key']), definition.placeOf(['feed'])],
      message: `table.key holds ${moving}, and nothing says that the feed sends final updates only`,
      remedy:
        'ask the feed for it (commitment: finalized, in feed.request or feed.options); where nothing is ever taken back, say why in table.final',
      severity: partition === undefined ? 'note' : 'error',
    };
  },
};

/** A feed of this package's own shape is asked by the producer; of a stream without a feed nobody here can tell. */
function isFinal({ feed, adapter }: StreamDefinition): boolean {
  if (adapter === undefined && feed?.method === undefined) return true;
  return Object.entries(adapter?.options ?? feed?.request ?? {}).some(
    ([path, value]) => /(commitment|finality)$/i.test(path) && /(^|_)finalized$/i.test(String(value)),
  );
}

/** How the table is cut by time, and what that asks of the feed. */
export const partitionRules = [partitionedTable, partitionColumn, partitionOwn, keyFinal];
