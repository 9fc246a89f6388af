import { ConnectError } from '../../core/errors.ts';
import type { AvroRecord, AvroSchema } from '../../schemas/avro-schema.ts';
import type { SchemaRegistry } from '../../schemas/registry.ts';
import { frame } from '../../schemas/wire-format.ts';
import { createAvroWriter } from './avro-writer.ts';

/** A mapped record as the bytes of a Kafka value: magic byte, schema id, Avro. */
export type RecordEncoder = (record: AvroRecord) => Buffer;

/**
 * The registry's id of exactly this schema. Producers never register: a schema goes live by `connect schemas register`,
 * after its compatibility check. Errors: NOT_FOUND when it is not registered, UNREACHABLE.
 */
export async function findSchemaId(registry: SchemaRegistry, subject: string, schemaText: string): Promise<number> {
  const found = await registry.lookup(subject, schemaText);
  if (found !== undefined) return found.id;
  throw new ConnectError('NOT_FOUND', `the schema registry at ${registry.url} has no such schema under ${subject}`, {
    details: { subject },
    hint: 'run `connect schemas register`; the producer never registers a schema itself',
  });
}

const SCRATCH_BYTES = 16 * 1024;

/** Encodes through one reused buffer, which grows to the largest record it has seen. */
export function createRecordEncoder(schema: AvroSchema, schemaId: number): RecordEncoder {
  const write = createAvroWriter(schema);
  const header = frame(schemaId, Buffer.alloc(0));
  let scratch = Buffer.concat([header], SCRATCH_BYTES);
  return (record) => {
    let end = write(record, scratch, header.length);
    while (end < 0) {
      scratch = Buffer.concat([header], scratch.length * 2);
      end = write(record, scratch, header.length);
    }
    return Buffer.from(scratch.subarray(0, end));
  };
}
