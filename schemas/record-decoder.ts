import { SchemaRegistry as RegistryLibrary, SchemaType } from '@kafkajs/confluent-schema-registry';
import avro from 'avsc';
import { ConnectError } from '../core/errors.ts';
import { retry } from '../core/retry.ts';
import type { HttpConnection } from '../pipeline/connections.ts';
import { avroOptions } from './avro-codec.ts';
import type { AvroRecord } from './avro-schema.ts';
import { boundlessReason } from './bounded-type.ts';
import { createSchemaRegistry, type SchemaById } from './registry.ts';
import { unframe } from './wire-format.ts';

/** Decodes Kafka values by the schema each of them names. */
export interface RecordDecoder {
  /**
   * Bytes behind the record are ignored, as the sink's converter does.
   * Errors: WireFormatError, UnusableSchemaError, NOT_FOUND for an unknown schema id, UNREACHABLE, TIMEOUT, NOT_READY and REFUSED
   * when the registry gives no answer, otherwise what is wrong with the bytes.
   */
  decode(value: Buffer): Promise<AvroRecord>;
}

/** A decoder of records of any name, and those of one stream that share its schemas. */
export interface SharedDecoder extends RecordDecoder {
  /** Takes records of this name only: a stream's producer sends no others. */
  of(recordName: string): RecordDecoder;
}

/** A schema that no Avro converter decodes with, that is larger than any registry of Kafka stores, or that is none of the stream's. */
export class UnusableSchemaError extends Error {
  override readonly name = 'UnusableSchemaError';
}

/** A registry keeps each schema in one Kafka record, of 1 MiB at most. */
const MAX_SCHEMA_CHARACTERS = 1_048_576;
/** How long an id that the registry does not know is not asked for again. */
const UNKNOWN_FOR_MS = 30_000;
/** So many unknown ids are remembered: bytes that only look framed name any number. */
const MAX_UNKNOWN = 10_000;
/** Between these, a registry that is busy or restarts is asked again. */
const RETRY = { attempts: 4, baseMs: 200, maxMs: 2_000 };

/**
 * A decoder on @kafkajs/confluent-schema-registry with this package's exact types. Each schema is fetched and checked once,
 * with the limits of our own client; the library only ever sees those that passed.
 */
export function createRecordDecoder(address: HttpConnection): SharedDecoder {
  const registry = createSchemaRegistry(address);
  const library = new RegistryLibrary({ host: address.url });
  const learned = new Map<number, Promise<string | undefined>>();
  const unknown = new Map<number, { readonly error: unknown; readonly until: number }>();

  const schemaOf = async (id: number): Promise<SchemaById> => {
    const found = await retry(() => registry.schemaById(id), RETRY);
    if (found !== undefined) return found;
    throw new ConnectError('NOT_FOUND', `schema id ${id} is not in the registry at ${address.url}`);
  };

  /** Adds the schemas that one refers to, by name, and then its own type. */
  const typeOf = async (what: string, found: SchemaById, named: Record<string, avro.Type>): Promise<avro.Type> => {
    const { schema, schemaType = 'AVRO', references = [] } = found;
    if (schemaType !== 'AVRO') throw new UnusableSchemaError(`${what} is of type ${schemaType}, not AVRO`);
    if (schema.length > MAX_SCHEMA_CHARACTERS)
      throw new UnusableSchemaError(`${what} has ${schema.length} characters, more than ${MAX_SCHEMA_CHARACTERS}`);
    for (const { subject, version } of references) {
      const referred = await retry(() => registry.version(subject, version), RETRY);
      if (referred === undefined)
        throw new UnusableSchemaError(`${what} refers to ${subject} ${version}, which is gone`);
      await typeOf(`${subject} ${version}`, referred, named);
    }
    return avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { ...avroOptions, registry: named });
  };

  /** Returns the name of the schema's record. */
  const learn = async (id: number): Promise<string | undefined> => {
    const type = await typeOf(`schema id ${id}`, await schemaOf(id), {});
    const boundless = boundlessReason(type);
    if (boundless !== undefined) throw new UnusableSchemaError(`schema id ${id} ${boundless}`);
    const lenient = {
      fromBuffer: { value: (payload: Buffer) => type.fromBuffer(payload, undefined, true) as unknown },
    };
    library.cache.setSchema(id, SchemaType.AVRO, Object.create(type, lenient) as avro.Type);
    return type.name;
  };

  const remember = (id: number, error: unknown): void => {
    learned.delete(id);
    if (error instanceof ConnectError && error.code !== 'NOT_FOUND') return;
    if (unknown.size >= MAX_UNKNOWN) unknown.clear();
    unknown.set(id, { error, until: Date.now() + UNKNOWN_FOR_MS });
  };

  const known = (id: number): Promise<string | undefined> => {
    const refused = unknown.get(id);
    if (refused !== undefined && Date.now() < refused.until) return Promise.reject(refused.error);
    const learning = learned.get(id) ?? learn(id);
    if (!learned.has(id)) {
      learned.set(id, learning);
      learning.catch((error: unknown) => remember(id, error));
    }
    return learning;
  };

  const decode = async (value: Buffer, recordName?: string): Promise<AvroRecord> => {
    const { schemaId } = unframe(value);
    const name = await known(schemaId);
    if (recordName !== undefined && name !== recordName)
      throw new UnusableSchemaError(`schema id ${schemaId} is of ${name ?? 'no record'}, not of ${recordName}`);
    return (await library.decode(value)) as AvroRecord;
  };
  return {
    decode: (value) => decode(value),
    of: (recordName) => ({ decode: (value) => decode(value, recordName) }),
  };
}
