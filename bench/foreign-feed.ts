import protobuf from 'protobufjs';
import type { FeedDefinition, FieldMapping } from '../pipeline/feed.ts';
import type { AvroField, AvroRecord, AvroSchema, AvroValue } from '../schemas/avro-schema.ts';

/** A service of another shape for the same columns: other names, amounts as scaled integers, enums with words of their own, Timestamps. */
export interface ForeignFeed {
  /** Text of its proto. */
  readonly proto: string;
  readonly service: string;
  readonly method: string;
  /** The bytes of one streamed message. */
  encode(record: AvroRecord): Buffer;
}

const SERVICE = 'bench.md.Rows';
const METHOD = 'Stream';

/** What a field of the schema is on that wire. */
interface ForeignField {
  readonly field: AvroField;
  readonly name: string;
  readonly type: string;
  readonly mapping: FieldMapping;
  readonly toWire: (value: AvroValue) => unknown;
}

const fieldsOf = (schema: AvroSchema): ForeignField[] =>
  schema.fields.map((field, index) => ({ field, name: `f${index + 1}`, ...wireOf(field) }));

function wireOf({ name: to, kind, allowed, scale = 0 }: AvroField): Pick<ForeignField, 'type' | 'mapping' | 'toWire'> {
  if (kind === 'decimal') {
    const toWire = (value: AvroValue) => String(value).replace('.', '');
    return { type: 'sint64', mapping: { to, scale }, toWire };
  }
  if (kind === 'timestamp-millis') {
    const toWire = (value: AvroValue) => {
      const ms = (value as Date).getTime();
      return { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1_000_000 };
    };
    return { type: 'google.protobuf.Timestamp', mapping: { to }, toWire };
  }
  if (allowed !== undefined) {
    const words = Object.fromEntries(allowed.map((word, index) => [`${to}_${index + 1}`, word]));
    return { type: `E_${to}`, mapping: { to, words }, toWire: (value) => allowed.indexOf(String(value)) + 1 };
  }
  if (kind === 'long') return { type: 'uint64', mapping: { to }, toWire: String };
  return { type: kind === 'int' ? 'int32' : 'string', mapping: { to }, toWire: (value) => value };
}

/** The feed's side. */
export function createForeignFeed(schema: AvroSchema): ForeignFeed {
  const fields = fieldsOf(schema);
  const proto = protoOf(fields);
  const { root } = protobuf.parse(proto, { keepCase: true });
  root.addJSON(protobuf.common.get('google/protobuf/timestamp.proto')?.nested ?? {});
  const Row = root.resolveAll().lookupType('bench.md.Row');
  return {
    proto,
    service: SERVICE,
    method: METHOD,
    encode(record) {
      const row: Record<string, unknown> = {};
      for (const { field, name, toWire } of fields) {
        const value = record[field.name];
        if (value !== null && value !== undefined) row[name] = toWire(value);
      }
      return Row.encode(Row.fromObject(row)).finish() as Buffer;
    },
  };
}

/** What a definition says of it; `proto` is relative to the project. */
export function foreignDefinition(schema: AvroSchema, proto: string): FeedDefinition {
  const fields = fieldsOf(schema);
  const slot = fields.find(({ field }) => field.name === 'slot')?.name ?? '';
  return {
    proto,
    service: SERVICE,
    method: METHOD,
    request: {},
    leave: [],
    position: { kind: 'slot', field: slot, request: 'from' },
    fields: Object.fromEntries(fields.map(({ name, mapping }) => [name, mapping])),
    constants: {},
    ignore: [],
  };
}

function protoOf(fields: readonly ForeignField[]): string {
  const enums = fields.flatMap(({ field, type }) =>
    field.allowed === undefined
      ? []
      : [
          `enum ${type} { ${type}_NONE = 0; ${field.allowed.map((_, index) => `${field.name}_${index + 1} = ${index + 1};`).join(' ')} }`,
        ],
  );
  const members = fields.map(({ name, type }, index) => {
    const isMessage = type.includes('.');
    return `  ${isMessage ? '' : 'optional '}${type} ${name} = ${index + 1};`;
  });
  return `syntax = "proto3";
package bench.md;
import "google/protobuf/timestamp.proto";
service Rows { rpc Stream(RowsRequest) returns (stream Row); }
message RowsRequest { optional uint64 from = 1; }
${enums.join('\n')}
message Row {
${members.join('\n')}
}
`;
}
