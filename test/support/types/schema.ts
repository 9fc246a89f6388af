import { TYPE_CASES } from './matrix.ts';
import type { TypeCase } from './type-case.ts';

/** The Avro schema of one stream with a field of every type, all of them nullable. Each field stands on a line of its own. */
export const avscOf = (cases: readonly TypeCase[]): string => `{
  "type": "record",
  "name": "Sample",
  "namespace": "perps.v1",
  "fields": [
${[
  { name: 'id', type: 'string', minLength: 1, maxLength: 40 },
  { name: 'slot', type: 'long', minimum: 0 },
  ...cases.map(({ name, avro, limits }) => ({ name, type: ['null', avro], default: null, ...limits })),
]
  .map((field) => `    ${JSON.stringify(field)}`)
  .join(',\n')}
  ]
}
`;

const protoField = ({ name, proto }: TypeCase, index: number): string =>
  `  ${proto.startsWith('repeated') ? '' : 'optional '}${proto} ${name} = ${index + 3};`;

export const TYPES_SERVICE = 'perps.v1.Samples';

export const protoOf = (cases: readonly TypeCase[]): string => `syntax = "proto3";
package perps.v1;

import "feed.proto";

enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; COLOR_GREEN = 2; }
message Sample {
  string id = 1;
  optional uint64 slot = 2;
${cases.map(protoField).join('\n')}
}
message SampleMessage { oneof message { Sample update = 1; SlotNotice slot = 2; Ping ping = 3; } }
service Samples {
  rpc Subscribe(SubscribeRequest) returns (stream SampleMessage);
  rpc GetReplayInfo(GetReplayInfoRequest) returns (GetReplayInfoResponse);
}
`;

export const migrationOf = (cases: readonly TypeCase[]): string => `-- Up Migration

CREATE TYPE color AS ENUM ('Red', 'Green');
CREATE CAST (varchar AS color) WITH INOUT AS ASSIGNMENT;
CREATE TABLE samples (
  id varchar(40) COLLATE "C" PRIMARY KEY,
  slot bigint NOT NULL,
${cases.map(({ name, column }) => `  ${name} ${column},`).join('\n')}
  kafka_partition integer,
  kafka_offset bigint
);
CREATE TRIGGER samples_keep_newest_delivery BEFORE UPDATE ON samples
  FOR EACH ROW
  WHEN ((NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset > OLD.kafka_offset) IS NOT TRUE)
  EXECUTE FUNCTION keep_newest_delivery();
SELECT grant_stream_rights('public.samples');

-- Down Migration

DROP TABLE samples;
DROP TYPE color CASCADE;
`;

export const typesAvsc = avscOf(TYPE_CASES);
export const typesProto = protoOf(TYPE_CASES);
export const typesMigration = migrationOf(TYPE_CASES);

export const typesDefinition = (suffix: string): string => `name: samples
feed: { proto: schemas/samples.proto, service: ${TYPES_SERVICE} }
schema: schemas/samples.avsc
topic: { name: samples-${suffix}, partitions: 1, key: id, config: { cleanup.policy: delete, retention.ms: 604800000 } }
table: { name: public.samples, key: [id] }
sink: { name: samples-sink-${suffix}, tasksMax: 1 }
`;
