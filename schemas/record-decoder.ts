import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { ConnectError } from '../core/errors.ts';
import { avroOptions } from './avro-codec.ts';
import type { AvroRecord } from './avro-schema.ts';
import type { RegistryAddress } from './registry.ts';
import { unframe } from './wire-format.ts';

/** Decodes Kafka values by the schema each of them names. */
export interface RecordDecoder {
  /**
   * Bytes behind the record are ignored, as the sink's converter does.
   * Errors: WireFormatError, NOT_FOUND for an unknown schema id, UNREACHABLE and REFUSED when the registry gives no answer,
   * otherwise what is wrong with the bytes.
   */
  decode(value: Buffer): Promise<AvroRecord>;
}

/** A decoder on @kafkajs/confluent-schema-registry with this package's exact types; schemas are fetched once. */
export function createRecordDecoder({ url, username, password }: RegistryAddress): RecordDecoder {
  const registry = new SchemaRegistry(
    {
      host: url,
      ...(username === undefined ? {} : { auth: { username, password: password ?? '' } }),
      // A retry object of its own: the library writes its defaults into the one it is given, shared or not.
      retry: { retries: 3, initialRetryTimeInSecs: 0.2, maxRetryTimeInSecs: 2 },
    },
    { [SchemaType.AVRO]: avroOptions },
  );
  return {
    async decode(value) {
      const { schemaId, payload } = unframe(value);
      const schema = await registry.getSchema(schemaId).catch((error: unknown) => {
        throw unreadable(error, schemaId, url);
      });
      return schema.fromBuffer(payload, undefined, true) as AvroRecord;
    },
  };
}

function unreadable(error: unknown, schemaId: number, url: string): Error {
  const status = (error as { status?: unknown }).status;
  const reason = error instanceof Error ? error.message : String(error);
  if (status === 404) {
    return new ConnectError('NOT_FOUND', `schema id ${schemaId} is not in the registry at ${url}`, { cause: error });
  }
  if (status === 401 || status === 403) {
    return new ConnectError('REFUSED', `schema registry at ${url} refused to give schema id ${schemaId} (${reason})`, {
      cause: error,
      hint: 'check registry.username and registry.password in connect.yaml',
    });
  }
  // The library reports a connection that failed as status 400, so that says nothing.
  return new ConnectError('UNREACHABLE', `schema registry at ${url} gave no schema for id ${schemaId} (${reason})`, {
    cause: error,
    hint: 'check registry.url in connect.yaml and that the registry runs',
  });
}
