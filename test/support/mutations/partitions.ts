import { DEFINITION, type Edit, feedLine, type Mutation, newMigration } from './edit.ts';
import type { HarmlessChange } from './harmless.ts';

const CHANGE = 'migrations/9001_change.sql';
const TURNED = 'migrations/9000_change.sql';

/** The table partitioned by one of its columns, with all that it had. */
const turned = (by: string, more = ''): string => `DROP VIEW current_positions CASCADE;
ALTER TABLE positions RENAME TO positions_before;
CREATE TABLE positions (LIKE positions_before INCLUDING DEFAULTS) PARTITION BY RANGE (${by});
CREATE TABLE positions_default PARTITION OF positions DEFAULT;
CREATE UNIQUE INDEX positions_key ON positions (position_account, signature, ${by});
CREATE TRIGGER positions_keep_newest_delivery BEFORE UPDATE ON positions FOR EACH ROW
    WHEN ((NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset > OLD.kafka_offset) IS NOT TRUE)
    EXECUTE FUNCTION keep_newest_delivery();
CREATE VIEW current_positions AS SELECT * FROM positions;${more}`;

const defined = (by: string, more = ''): Edit => ({
  file: DEFINITION,
  find: '  key: [position_account, signature]\n',
  replace: `  key: [position_account, signature, ${by}]\n  partition: { by: ${by}, every: day }\n${more}`,
});

const partitioned = [defined('block_time'), newMigration(turned('block_time'), '9000')];

/** A feed with a method of its own, which is asked for nothing. */
const ownMethod = feedLine(`method: Subscribe
  update: update
  leave: [slot, ping]
  position: { kind: slot, field: slot, request: from_slot }`);

/** Mistakes about a table that is partitioned by time. */
export const partitionMutations: readonly Mutation[] = [
  {
    name: 'the definition partitions a table that is one',
    edit: defined('block_time'),
    rule: 'TABLE_PARTITIONS',
    says: /the migrations make it one table; `connect partitions migration positions` writes the migration/,
  },
  {
    name: 'a migration partitions a table, and the definition says nothing of it',
    edit: newMigration(turned('block_time')),
    rule: 'TABLE_PARTITIONS',
    at: { file: CHANGE, line: 'CREATE TABLE positions (LIKE' },
    says: /is partitioned by RANGE \(block_time\), and the definition says nothing/,
  },
  {
    name: 'the table is partitioned by another column',
    after: [defined('block_time')],
    edit: newMigration(turned('slot')),
    rule: 'TABLE_PARTITIONS',
    at: { file: DEFINITION, line: 'partition: {' },
    says: /is partitioned by RANGE \(slot\), the definition says RANGE \(block_time\)/,
  },
  {
    name: 'there is no default partition',
    after: partitioned,
    edit: newMigration('DROP TABLE positions_default;'),
    rule: 'TABLE_PARTITIONS',
    at: { file: DEFINITION, line: 'partition: {' },
    says: /a row of a time that no partition takes stops the sink/,
  },
  {
    name: 'the partitions are of no time',
    after: [newMigration(turned('slot'), '9000')],
    edit: defined('slot'),
    rule: 'PARTITION_COLUMN',
    at: { file: TURNED, line: 'CREATE TABLE positions (LIKE' },
    says: /positions\.slot is bigint, and partitions are of times/,
  },
  ...[
    ['has a CHECK of its own', 'ALTER TABLE positions_default ADD CONSTRAINT low CHECK (leverage < 20);'],
    ['has a unique index of its own', 'CREATE UNIQUE INDEX low ON positions_default (signature);'],
    ['is unlogged', 'ALTER TABLE positions_default SET UNLOGGED;'],
    ['takes no NULL where the table does', 'ALTER TABLE positions_default ALTER kafka_offset SET NOT NULL;'],
    [
      'has a foreign key of its own',
      'CREATE TABLE venues (name VARCHAR(20) PRIMARY KEY);\nALTER TABLE positions_default ADD CONSTRAINT low FOREIGN KEY (symbol) REFERENCES venues;',
    ],
    [
      'has an exclusion constraint of its own',
      'ALTER TABLE positions_default ADD CONSTRAINT low EXCLUDE USING btree (owner WITH =);',
    ],
    [
      'is partitioned again',
      "CREATE TABLE positions_low PARTITION OF positions FOR VALUES FROM (MINVALUE) TO ('2020-01-01') PARTITION BY RANGE (block_time);",
    ],
  ].map(
    ([what, sql = '']): Mutation => ({
      name: `one partition ${what}`,
      after: partitioned,
      edit: newMigration(sql),
      rule: 'PARTITION_OWN',
      at: { file: CHANGE, line: sql.split('\n').at(-1) ?? '' },
      says: /partition positions_(default|low) (has|is) .*, which table positions has not/,
    }),
  ),
  {
    name: 'a trigger of one partition drops rows',
    after: partitioned,
    edit: newMigration(`CREATE FUNCTION drop_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER drop_all BEFORE INSERT ON positions_default FOR EACH ROW EXECUTE FUNCTION drop_all();`),
    rule: 'TABLE_TRIGGER',
    at: { file: CHANGE, line: 'CREATE TRIGGER drop_all' },
    says: /trigger drop_all of positions_default is none of this package's/,
  },
  {
    name: 'one partition does not keep the newest delivery',
    after: partitioned,
    edit: newMigration('ALTER TABLE positions_default DISABLE TRIGGER positions_keep_newest_delivery;'),
    rule: 'TABLE_TRIGGER',
    at: { file: TURNED, line: 'CREATE TRIGGER positions_keep_newest_delivery' },
    says: /positions_keep_newest_delivery of positions_default does not fire: it is disabled/,
  },
  {
    name: 'the time is part of the key, and the feed is not asked for final updates',
    after: partitioned,
    edit: ownMethod,
    rule: 'KEY_FINAL',
    at: { file: DEFINITION, line: 'key: [position_account, signature, block_time]' },
    says: /table\.key holds block_time, and nothing says that the feed sends final updates only/,
  },
];

/** Partitioned, and right. */
export const partitionedProjects: readonly HarmlessChange[] = [
  { name: 'a table that is turned over, with the time in its key', edits: partitioned },
  {
    name: 'a partitioned table whose feed is asked for final updates',
    edits: [
      ...partitioned,
      { ...ownMethod, replace: `${ownMethod.replace}  request: { commitment: COMMITMENT_FINALIZED }\n` },
    ],
  },
  {
    name: 'a partitioned table whose feed never takes anything back',
    edits: [defined('block_time', '  final: the exchange takes nothing back\n'), partitioned[1], ownMethod].filter(
      (edit) => edit !== undefined,
    ),
  },
  {
    name: 'a CHECK that all partitions have, and an index that holds the key',
    edits: [
      ...partitioned,
      newMigration(
        'ALTER TABLE positions ADD CONSTRAINT low CHECK (leverage >= 0);\nCREATE UNIQUE INDEX wider ON positions_default (position_account, signature, block_time, slot);',
      ),
    ],
  },
];
