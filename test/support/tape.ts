import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A feed that nobody here has shaped: prints of a market in integers, messages in messages, bytes and an enum of its own. */
export const TAPE_PROTO = 'feeds/tape.proto';

const PROTO = `syntax = "proto3";

package acme.md;

import "google/protobuf/duration.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";

service Tape {
  rpc StreamPrints(TapeRequest) returns (stream TapeLine);
  rpc StreamPages(TapeRequest) returns (stream TapePage);
  rpc ListPrints(TapeRequest) returns (TapePage);
  rpc Upload(stream TapeRequest) returns (TapeLine);
}

message TapeRequest {
  string market = 1;
  uint32 depth = 2;
  optional uint64 from_blk = 3;
  Since since = 4;
  bool raw = 5;
}

message Since {
  string mark = 1;
}

message TapeLine {
  oneof body {
    Print print = 1;
    Beat beat = 2;
    Halt halt = 3;
  }
}

message TapePage {
  repeated Print prints = 1;
  string footer = 2;
}

message Beat {}

message Halt {}

enum Aggressor {
  AGGRESSOR_NONE = 0;
  BUYER = 1;
  SELLER = 2;
}

message Print {
  bytes txn = 1;
  string mark = 2;
  optional uint64 blk = 3;
  google.protobuf.Timestamp at = 4;
  optional sint64 px = 5;
  optional int64 qty = 6;
  int32 qty_pow = 7;
  Aggressor hit = 8;
  Costs costs = 9;
  repeated string tags = 10;
  optional bool isMaker = 11;
  optional uint64 seq_no = 12;
  google.protobuf.Duration took = 13;
  google.protobuf.StringValue note = 14;
  optional int64 settled = 15;
  double mood = 16;
}

message Costs {
  optional int64 fee = 1;
  string paid_in = 2;
}
`;

const decimal = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale });
const TIME = { type: 'long', logicalType: 'timestamp-millis' };

const AVRO_FIELDS = [
  { name: 'trade_id', type: 'string', minLength: 1, maxLength: 44 },
  { name: 'resume_mark', type: 'string', minLength: 1, maxLength: 40 },
  { name: 'block', type: 'long', minimum: 0 },
  { name: 'traded_at', type: TIME },
  { name: 'price', type: decimal(38, 8) },
  { name: 'quantity', type: decimal(38, 12) },
  { name: 'side', type: 'string', allowed: ['buy', 'sell'], maxLength: 8 },
  { name: 'fee', type: decimal(38, 10) },
  { name: 'costs_json', type: ['null', 'string'], default: null },
  { name: 'tags_json', type: 'string' },
  { name: 'is_maker', type: 'boolean' },
  { name: 'sequence', type: decimal(20, 0) },
  { name: 'took_ms', type: ['null', 'long'], default: null },
  { name: 'note', type: ['null', 'string'], default: null, maxLength: 60 },
  { name: 'settled_at', type: ['null', TIME], default: null },
  { name: 'venue', type: 'string', minLength: 1, maxLength: 10 },
];

const TABLE = `-- Up Migration

CREATE TABLE tape (
    id              BIGSERIAL PRIMARY KEY,
    trade_id        VARCHAR(44) COLLATE "C" NOT NULL,
    resume_mark     VARCHAR(40) COLLATE "C" NOT NULL,
    block           BIGINT                  NOT NULL,
    traded_at       TIMESTAMP               NOT NULL,
    price           NUMERIC(38, 8)          NOT NULL,
    quantity        NUMERIC(38, 12)         NOT NULL,
    side            VARCHAR(8) COLLATE "C"  NOT NULL,
    fee             NUMERIC(38, 10)         NOT NULL,
    costs_json      TEXT COLLATE "C",
    tags_json       TEXT COLLATE "C"        NOT NULL,
    is_maker        BOOLEAN                 NOT NULL,
    sequence        NUMERIC(20, 0)          NOT NULL,
    took_ms         BIGINT,
    note            VARCHAR(60) COLLATE "C",
    settled_at      TIMESTAMP,
    venue           VARCHAR(10) COLLATE "C" NOT NULL,
    kafka_partition INTEGER,
    kafka_offset    BIGINT
);

CREATE UNIQUE INDEX idx_unique_tape ON tape (trade_id);
`;

/** The newest delivery of an update counts, as in every table of this package. */
const TRIGGER = `
CREATE TRIGGER tape_keep_newest_delivery BEFORE UPDATE ON tape
    FOR EACH ROW
    WHEN ((NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset > OLD.kafka_offset) IS NOT TRUE)
    EXECUTE FUNCTION keep_newest_delivery();
`;

export const SLOT_POSITION = '{ kind: slot, field: blk, request: from_blk }';

export interface TapeOptions {
  /** The stream, its topic and its connector. */
  readonly name?: string;
  /** YAML of `feed.position`. */
  readonly position?: string;
  /** YAML of the method, and where its updates are. */
  readonly method?: string;
}

const STREAMED = `method: StreamPrints
  update: print
  leave: [beat, halt]`;

/** The method that is asked again and again. */
export const POLLED = `method: ListPrints
  pollSeconds: 0.05
  update: prints`;

const definition = ({
  name = 'tape',
  position = SLOT_POSITION,
  method = STREAMED,
}: TapeOptions): string => `name: ${name}
feed:
  proto: ${TAPE_PROTO}
  service: acme.md.Tape
  ${method}
  request: { market: SOL-PERP, depth: 1 }
  position: ${position}
  fields:
    txn: { to: trade_id, text: base58 }
    mark: resume_mark
    blk: block
    at: traded_at
    px: { to: price, scale: 8 }
    qty: { to: quantity, exponent: qty_pow }
    hit: { to: side, words: { BUYER: buy, SELLER: sell } }
    costs.fee: { to: fee, scale: 10 }
    costs: { to: costs_json, text: json }
    tags: { to: tags_json, text: json }
    isMaker: is_maker
    seq_no: { to: sequence, scale: 0 }
    took: { to: took_ms, unit: milliseconds }
    settled: { to: settled_at, unit: seconds }
  constants: { venue: acme }
  ignore: [mood]
schema: feeds/tape.avsc
topic:
  name: ${name}
  partitions: 2
  key: trade_id
table:
  name: public.tape
  key: [trade_id]
sink:
  name: ${name}-sink
  tasksMax: 1
  batchSize: 1000
  maxPollRecords: 1000
  maxPartitionFetchBytes: 1048576
`;

/** The files of the stream, by path in a project. */
export const tapeFiles = (options: TapeOptions = {}): Record<string, string> => ({
  'connectors/tape.yaml': definition(options),
  [TAPE_PROTO]: PROTO,
  'feeds/tape.avsc': `${JSON.stringify({ type: 'record', name: 'Print', namespace: 'acme.md', fields: AVRO_FIELDS }, null, 2)}\n`,
  'migrations/9101_tape.sql': `${TABLE}${TRIGGER}\n-- Down Migration\n\nDROP TABLE tape;\n`,
});

/** Writes the stream into a project's folder. */
export function writeTape(root: string, options: TapeOptions = {}): void {
  for (const [path, text] of Object.entries(tapeFiles(options))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
