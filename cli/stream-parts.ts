import type { PostgresConnection } from '../core/postgres.ts';
import { databaseConnection, registryConnection } from '../pipeline/connections.ts';
import { projectFile } from '../pipeline/load.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { type AvroSchema, loadAvroSchema } from '../schemas/avro-schema.ts';
import { createRecordDecoder, type RecordDecoder } from '../schemas/record-decoder.ts';
import { createSchemaRegistry, type SchemaRegistry } from '../schemas/registry.ts';
import type { CliContext } from './context.ts';
import type { SelectedSinks } from './sink-action.ts';

/** What is needed to say what a sink would make of a stream's records. */
export interface StreamParts {
  readonly schema: AvroSchema;
  readonly database: PostgresConnection;
  readonly registry: SchemaRegistry;
  readonly decoder: RecordDecoder;
}

export function streamParts(
  context: CliContext,
  { project, environment }: Omit<SelectedSinks, 'actions'>,
  stream: StreamDefinition,
): StreamParts {
  const secrets = context.secrets(project);
  const address = registryConnection(environment, secrets);
  return {
    schema: loadAvroSchema(projectFile(project, stream.schema)),
    database: databaseConnection(environment, secrets),
    registry: createSchemaRegistry(address),
    decoder: createRecordDecoder(address),
  };
}
