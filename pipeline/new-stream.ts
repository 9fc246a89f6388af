import { type ColumnText, definitionText, kebabOf, type MigrationFunctions, migrationText } from './stream-texts.ts';

/** A file to be written, its path relative to the project. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
}

/** What the files of a new stream depend on. */
export interface StreamSurroundings extends MigrationFunctions {
  /** The project's next free one. */
  readonly migrationNumber: number;
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
  const kebab = kebabOf(name);
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const number = String(migrationNumber).padStart(4, '0');
  const texts = { name, key: ['account', 'signature'] };
  const feed = `  proto: schemas/${kebab}.proto\n  service: perps.v1.${pascal}Feed\n`;
  return [
    { path: `connectors/${name}.yaml`, text: definitionText(texts, { schema: definitionSchema, feed }) },
    { path: `schemas/${kebab}.proto`, text: proto(name, pascal) },
    { path: `schemas/${kebab}.avsc`, text: avroSchema(name, pascal) },
    { path: `migrations/${number}_${name}.sql`, text: migrationText(texts, COLUMNS, functions) },
  ];
}

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

const COLUMNS: readonly ColumnText[] = [
  ['account', 'VARCHAR(44) COLLATE "C"', 'NOT NULL'],
  ['signature', 'VARCHAR(88) COLLATE "C"', 'NOT NULL'],
  ['slot', 'BIGINT', 'NOT NULL'],
  ['block_time', 'TIMESTAMP', 'NOT NULL'],
  ['amount', 'NUMERIC(38, 6)', 'NOT NULL'],
];
