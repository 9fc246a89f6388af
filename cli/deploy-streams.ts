import { type DeployEvent, type DeployResult, deploySink } from '../connectors/deploy.ts';
import { groupMembers } from '../connectors/group-members.ts';
import { renderSink } from '../connectors/render.ts';
import { ensureTopics, type TopicOutcome } from '../connectors/topics.ts';
import { withAdmin } from '../core/kafka.ts';
import { kafkaConnection } from '../pipeline/connections.ts';
import { projectFile } from '../pipeline/load.ts';
import type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
import { loadAvroSchema } from '../schemas/avro-schema.ts';
import { connectTarget } from './connect-target.ts';
import type { CliContext } from './context.ts';
import { count, duration } from './format.ts';

/** What a deploy of one stream came to. */
export interface DeployedStream extends DeployResult {
  readonly stream: string;
  readonly topics: readonly TopicOutcome[];
}

/** Deploys streams one after the other, topics first, and tells on stderr what goes on. Stops at the first that fails. */
export async function deployStreams(
  context: CliContext,
  project: Project,
  environment: Environment,
  streams: readonly StreamDefinition[],
  options: { readonly timeoutMs: number },
): Promise<DeployedStream[]> {
  const secrets = context.secrets(project);
  const target = connectTarget(environment, secrets);
  const kafka = kafkaConnection(environment, secrets);
  const deployed: DeployedStream[] = [];
  for (const stream of streams) {
    const { fields } = loadAvroSchema(projectFile(project, stream.schema));
    const { topics, result } = await withAdmin(kafka, 'perps-connect-deploy', async (admin) => ({
      topics: await ensureTopics(admin, stream, environment.kafka.replicationFactor),
      result: await deploySink({
        target,
        stream,
        config: renderSink(stream, environment, fields),
        timeoutMs: options.timeoutMs,
        members: () => groupMembers(admin, stream),
        signal: context.signal,
        onEvent: (event) => {
          const line = progressLine(stream.sink.name, event);
          if (line !== undefined) context.note(line);
        },
      }),
    }));
    context.note(`${result.connector} ${result.outcome} in ${duration(result.durationMs)}`);
    deployed.push({ stream: stream.name, topics, ...result });
  }
  return deployed;
}

function progressLine(connector: string, event: DeployEvent): string | undefined {
  switch (event.kind) {
    case 'validated':
      return undefined;
    case 'applied':
      return event.outcome === 'unchanged'
        ? `${connector} has this configuration already; nothing to change`
        : `${connector} configuration ${event.outcome}; waiting for its tasks`;
    case 'waiting':
      return `${connector} ${count(event.running)} of ${count(event.expected)} tasks RUNNING`;
    case 'restarting': {
      const causes = [...new Set(event.failures.map((failure) => failure.cause))].join('; ');
      return `${connector} failed (${causes}); restart ${event.attempt} of ${event.of}`;
    }
  }
}
