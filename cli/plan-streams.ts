import { type DesiredStream, makePlan, type Plan } from '../connectors/plan/plan.ts';
import { renderSink } from '../connectors/render.ts';
import { topicSpecs } from '../connectors/topics.ts';
import { connectorKeys } from '../contract/connector-keys.ts';
import { settingOf } from '../contract/setting-lookup.ts';
import { withAdmin } from '../core/kafka.ts';
import { observeMigrations, observeStream } from '../operate/observe-stream.ts';
import { databaseConnection, kafkaConnection, registryConnection } from '../pipeline/connections.ts';
import { projectFile } from '../pipeline/load.ts';
import { valueSubject } from '../pipeline/names.ts';
import type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
import { loadAvroSchema } from '../schemas/avro-schema.ts';
import { createSchemaRegistry } from '../schemas/registry.ts';
import { connectTarget } from './connect-target.ts';
import type { CliContext } from './context.ts';

/** Observes an environment and plans what a deploy of these streams would do. Changes nothing. */
export async function planStreams(
  context: CliContext,
  project: Project,
  environment: Environment,
  streams: readonly StreamDefinition[],
  { growTopics }: { readonly growTopics: boolean },
): Promise<Plan> {
  const secrets = context.secrets(project);
  const target = connectTarget(environment, secrets);
  const registry = createSchemaRegistry(registryConnection(environment, secrets));
  const wanted = streams.map((stream) => {
    const schema = loadAvroSchema(projectFile(project, stream.schema));
    const desired: DesiredStream = {
      topics: topicSpecs(stream, environment.kafka.replicationFactor),
      replicationFactor: environment.kafka.replicationFactor,
      subject: valueSubject(stream),
      connector: { name: stream.sink.name, config: renderSink(stream, environment, schema.fields) },
    };
    return { stream, desired, schemaText: schema.text };
  });
  const [migrations, observed] = await Promise.all([
    observeMigrations(databaseConnection(environment, secrets), projectFile(project, 'migrations')),
    withAdmin(kafkaConnection(environment, secrets), 'perps-connect-plan', (admin) =>
      Promise.all(
        wanted.map(async (one) => ({
          desired: one.desired,
          observed: await observeStream({ ...one, project, admin, registry, target }),
        })),
      ),
    ),
  ]);
  const keys = connectorKeys();
  return makePlan({
    environment: environment.name,
    target: target.label,
    migrations,
    streams: observed,
    settings: (config, key) => settingOf(keys, config, key),
    growTopics,
  });
}
