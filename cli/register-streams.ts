import { registryConnection } from '../pipeline/connections.ts';
import { projectFile } from '../pipeline/load.ts';
import { valueSubject } from '../pipeline/names.ts';
import type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
import { loadAvroSchema } from '../schemas/avro-schema.ts';
import { type Registration, registerSchema } from '../schemas/register.ts';
import { createSchemaRegistry } from '../schemas/registry.ts';
import type { CliContext } from './context.ts';

/** Registers the schema of each stream; see `registerSchema`. */
export async function registerStreams(
  context: CliContext,
  project: Project,
  environment: Environment,
  streams: readonly StreamDefinition[],
): Promise<Registration[]> {
  const registry = createSchemaRegistry(registryConnection(environment, context.secrets(project)));
  const done: Registration[] = [];
  for (const stream of streams) {
    const { text } = loadAvroSchema(projectFile(project, stream.schema));
    done.push(await registerSchema(registry, { subject: valueSubject(stream), schemaText: text, file: stream.schema }));
  }
  return done;
}
