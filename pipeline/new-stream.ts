/** A file to be written, its path relative to the project. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
}

/** What the files of a new stream depend on. */
export interface StreamSurroundings {
  /** The project's next free one. */
  readonly migrationNumber: number;
  /** The project's migrations make the functions that note corrected rows. */
  readonly marksCorrections: boolean;
  /** They make the function that grants rights. */
  readonly grantsRights: boolean;
  /** The JSON Schema of definitions, as an editor finds it from `connectors/`. */
  readonly definitionSchema: string;
}

/**
 * The four files of a new stream: definition, proto, Avro schema, migration. They agree with each other, so that
 * `connect check` passes before the first field is changed.
 */
export function newStreamFiles(
  name: string,
  { migrationNumber, definitionSchema, ...functions }: StreamSurroundings,
): readonly NewFile[] {
  const words = name.split('_');
  const kebab = words.join('-');
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const number = String(migrationNumber).padStart(4, '0');
  return [
    { path: `connectors/${name}.yaml`, text: definition(name, kebab, pascal, definitionSchema) },
    { path: `schemas/${kebab}.proto`, text: proto(name, pascal) },
    { path: `schemas/${kebab}.avsc`, text: avroSchema(name, pascal) },
    { path: `migrations/${number}_${name}.sql`, text: migration(name, functions) },
  ];
}

/** Editors complete and flag by the schema that the first line names. */
const definition = (
  name: string,
  kebab: string,
  pascal: string,
  schema: string,
): string => `# yaml-language-server: $schema=${schema}
name: ${name}

feed:
  proto: schemas/${kebab}.proto
  service: perps.v1.${pascal}Feed

schema: schemas/${kebab}.avsc

topic:
  name: ${name}
  partitions: 2
  # One key = one partition = one order.
  key: account
  config:
    cleanup.policy: delete
    retention.ms: 604800000

table:
  name: public.${name}
  key: [account, signature]

sink:
  name: ${kebab}-sink
  tasksMax: 1
  batchSize: 1000
  maxPollRecords: 1000
  maxPartitionFetchBytes: 1048576
`;

const proto = (name: string, pascal: string): string => `syntax = "proto3";

package perps.v1;

import "feed.proto";

// The feed of ${name}.
service ${pascal}Feed {
  // Streams updates in slot order.
  rpc Subscribe(SubscribeRequest) returns (stream ${pascal}FeedMessage);
  rpc GetReplayInfo(GetReplayInfoRequest) returns (GetReplayInfoResponse);
}

message ${pascal}FeedMessage {
  oneof message {
    ${pascal} update = 1;
    SlotNotice slot = 2;
    Ping ping = 3;
  }
}

// One update. Names are those of the Avro schema and of the table's columns.
message ${pascal} {
  // Account that the update belongs to, base58.
  string account = 1;
  // Transaction that caused the update, base58. One account has one update per signature.
  string signature = 2;
  // Solana slot, at most 2^63 - 1.
  optional uint64 slot = 3;
  // Time of the block, milliseconds since the Unix epoch, UTC.
  optional int64 block_time = 4;
  // Amount in the quote currency, plain decimal text, at most 6 fraction digits.
  string amount = 5;
}
`;

const avroSchema = (name: string, pascal: string): string => `{
  "type": "record",
  "name": "${pascal}",
  "namespace": "perps.v1",
  "doc": "One update of ${name}. Field names are the columns of the table.",
  "fields": [
    { "name": "account", "type": "string", "minLength": 1, "maxLength": 44, "doc": "Account that the update belongs to, base58. Record key." },
    { "name": "signature", "type": "string", "minLength": 1, "maxLength": 88, "doc": "Transaction that caused the update, base58." },
    { "name": "slot", "type": "long", "minimum": 0, "doc": "Solana slot number." },
    { "name": "block_time", "type": { "type": "long", "logicalType": "timestamp-millis" }, "doc": "Time of the block, milliseconds since the Unix epoch, UTC." },
    { "name": "amount", "type": { "type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 6 }, "doc": "Amount in the quote currency, 6 fraction digits." }
  ]
}
`;

const migration = (
  name: string,
  { marksCorrections, grantsRights }: Pick<StreamSurroundings, 'marksCorrections' | 'grantsRights'>,
): string => `-- Up Migration

CREATE TABLE ${name} (
    id              BIGSERIAL PRIMARY KEY,
    account         VARCHAR(44) COLLATE "C" NOT NULL,
    signature       VARCHAR(88) COLLATE "C" NOT NULL,
    slot            BIGINT                  NOT NULL,
    block_time      TIMESTAMP               NOT NULL,
    amount          NUMERIC(38, 6)          NOT NULL,
    created_at      TIMESTAMP               DEFAULT (now() AT TIME ZONE 'utc'),
    kafka_partition INTEGER,
    kafka_offset    BIGINT${marksCorrections ? ',\n    corrected_at    TIMESTAMP' : ''}
);

-- The upsert's key.
CREATE UNIQUE INDEX idx_unique_${name} ON ${name} (account, signature);

-- Of several deliveries of one update the newest counts.
CREATE TRIGGER ${name}_keep_newest_delivery BEFORE UPDATE ON ${name}
    FOR EACH ROW
    WHEN ((NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset > OLD.kafka_offset) IS NOT TRUE)
    EXECUTE FUNCTION keep_newest_delivery();
${marksCorrections ? correctionTriggers(name) : ''}${grantsRights ? grants(name) : ''}
-- Down Migration

DROP TABLE ${name};
`;

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
