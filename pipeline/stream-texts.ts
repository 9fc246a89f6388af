/** What the texts of a stream's definition and migration depend on, beside its own fields. */
export interface StreamTexts {
  readonly name: string;
  /** Columns of the upsert key; the first is the record's key. */
  readonly key: readonly string[];
}

/** A definition: `feed` is the text of that block's entries. Editors complete and flag by the schema that the first line names. */
export const definitionText = (
  { name, key }: StreamTexts,
  { schema, feed }: { readonly schema: string; readonly feed: string },
): string => `# yaml-language-server: $schema=${schema}
name: ${name}

feed:
${feed}
schema: schemas/${kebabOf(name)}.avsc

topic:
  name: ${name}
  partitions: 2
  # One key = one partition = one order.
  key: ${key[0]}
  config:
    cleanup.policy: delete
    retention.ms: 604800000

table:
  name: public.${name}
  key: [${key.join(', ')}]

sink:
  name: ${kebabOf(name)}-sink
  tasksMax: 1
  batchSize: 1000
  maxPollRecords: 1000
  maxPartitionFetchBytes: 1048576
`;

/** A stream's name in the names of files and sinks. */
export const kebabOf = (name: string): string => name.replaceAll('_', '-');

/** A column of a stream's table, as SQL has it: name, type, and whether it may be NULL. */
export type ColumnText = readonly [name: string, type: string, constraint: string];

/** Which functions the project's migrations make. */
export interface MigrationFunctions {
  /** They note corrected rows. */
  readonly marksCorrections: boolean;
  /** One grants rights. */
  readonly grantsRights: boolean;
}

/** A migration that makes a stream's table. */
export function migrationText(
  { name, key }: StreamTexts,
  columns: readonly ColumnText[],
  { marksCorrections, grantsRights }: MigrationFunctions,
): string {
  const all: readonly ColumnText[] = [
    ['id', 'BIGSERIAL PRIMARY KEY', ''],
    ...columns,
    ['created_at', 'TIMESTAMP', "DEFAULT (now() AT TIME ZONE 'utc')"],
    ['kafka_partition', 'INTEGER', ''],
    ['kafka_offset', 'BIGINT', ''],
    ...(marksCorrections ? [['corrected_at', 'TIMESTAMP', ''] as const] : []),
  ];
  const widthOf = (index: 0 | 1, of = all): number => Math.max(...of.map((column) => column[index].length));
  const [names, types] = [widthOf(0), widthOf(1, columns)];
  const lines = all.map(([column, type, constraint]) =>
    `    ${column.padEnd(names)} ${constraint === '' ? type : `${type.padEnd(types)} ${constraint}`}`.trimEnd(),
  );
  return `-- Up Migration

CREATE TABLE ${name} (
${lines.join(',\n')}
);

-- The upsert's key.
CREATE UNIQUE INDEX idx_unique_${name} ON ${name} (${key.join(', ')});

-- Of several deliveries of one update the newest counts.
CREATE TRIGGER ${name}_keep_newest_delivery BEFORE UPDATE ON ${name}
    FOR EACH ROW
    WHEN ((NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset > OLD.kafka_offset) IS NOT TRUE)
    EXECUTE FUNCTION keep_newest_delivery();
${marksCorrections ? correctionTriggers(name) : ''}${grantsRights ? grants(name) : ''}
-- Down Migration

DROP TABLE ${name};
`;
}

const grants = (name: string): string => `
-- The sink may write it, and whoever looks may read it. Name views on it, too: SELECT grant_stream_rights('${name}', '{view}').
SELECT grant_stream_rights('${name}');
`;

const correctionTriggers = (name: string): string => `
-- A row that was changed otherwise than by its record says when.
CREATE TRIGGER ${name}_mark_correction BEFORE UPDATE ON ${name}
    FOR EACH ROW
    WHEN ((NEW.kafka_partition, NEW.kafka_offset) IS NOT DISTINCT FROM (OLD.kafka_partition, OLD.kafka_offset))
    EXECUTE FUNCTION mark_correction();
CREATE TRIGGER ${name}_unmark_correction BEFORE UPDATE OF kafka_offset ON ${name}
    FOR EACH ROW WHEN (NEW.corrected_at IS NOT NULL)
    EXECUTE FUNCTION unmark_correction();
`;
