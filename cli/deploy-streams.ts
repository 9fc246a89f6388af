import { type DeployEvent, type DeployResult, deploySink } from '../connectors/deploy.ts';
import { groupMembers } from '../connectors/group-members.ts';
import { isDeploys, type Plan, type PlanEntry, pendingEntries } from '../connectors/plan/plan.ts';
import { renderSink } from '../connectors/render.ts';
import { ensureTopics, type TopicOutcome } from '../connectors/topics.ts';
import { connectorKeys } from '../contract/connector-keys.ts';
import { settingOf } from '../contract/setting-lookup.ts';
import { ConnectError } from '../core/errors.ts';
import { withAdmin } from '../core/kafka.ts';
import { kafkaConnection } from '../pipeline/connections.ts';
import { projectFile } from '../pipeline/load.ts';
import type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
import { loadAvroSchema } from '../schemas/avro-schema.ts';
import { confirm } from './confirm.ts';
import { connectTarget } from './connect-target.ts';
import type { CliContext } from './context.ts';
import { count, duration } from './format.ts';
import { planStreams } from './plan-streams.ts';
import { planLines } from './render-plan.ts';

/** What a deploy of one stream came to. */
export interface DeployedStream extends DeployResult {
  readonly stream: string;
  readonly topics: readonly TopicOutcome[];
}

export interface DeployStreamsOptions {
  /** Bound of the wait for each sink. */
  readonly timeoutMs: number;
  /** Apply the plan without asking. */
  readonly yes: boolean;
  /** Put back what was changed and does not run. Default true. */
  readonly rollback?: boolean;
  /** Add partitions where a definition has more. Default false. */
  readonly growTopics?: boolean;
}

/**
 * Plans, asks where something would change, then deploys streams one after the other, topics first, and tells on stderr what
 * goes on. Stops at the first that fails.
 * Errors: REFUSED when the plan holds what only a person can decide; those of `confirm` and `deploySink`.
 */
export async function deployStreams(
  context: CliContext,
  project: Project,
  environment: Environment,
  streams: readonly StreamDefinition[],
  options: DeployStreamsOptions,
): Promise<DeployedStream[]> {
  const { timeoutMs, rollback = true, growTopics = false } = options;
  const plan = await planStreams(context, project, environment, streams, { growTopics });
  await agree(context, plan, options.yes);
  const secrets = context.secrets(project);
  const target = connectTarget(environment, secrets);
  const keys = connectorKeys();
  const deployed: DeployedStream[] = [];
  for (const stream of streams) {
    const { fields } = loadAvroSchema(projectFile(project, stream.schema));
    const config = renderSink(stream, environment, fields);
    const { topics, result } = await withAdmin(
      kafkaConnection(environment, secrets),
      'perps-connect-deploy',
      async (admin) => ({
        topics: await ensureTopics(admin, stream, environment.kafka.replicationFactor, { grow: growTopics }),
        result: await deploySink({
          target,
          stream,
          config,
          timeoutMs,
          rollback,
          settings: (key) => settingOf(keys, config, key),
          members: () => groupMembers(admin, stream),
          signal: context.signal,
          onEvent: (event) => {
            const line = progressLine(stream.sink.name, event);
            if (line !== undefined) context.note(line);
          },
        }),
      }),
    );
    context.note(`${result.connector} ${result.outcome} in ${duration(result.durationMs)}`);
    deployed.push({ stream: stream.name, topics, ...result });
  }
  return deployed;
}

/** Shows what will change and has it agreed to; where nothing will, nobody is asked. */
async function agree(context: CliContext, plan: Plan, yes: boolean): Promise<void> {
  const pending = pendingEntries(plan);
  const ours = pending.filter(isDeploys);
  refuseBlocked(ours);
  for (const { kind, name, summary, by } of pending.filter((entry) => !isDeploys(entry))) {
    context.note(`${`${kind} ${name}`.trimEnd()}: ${summary}; not part of a deploy, run \`${by}\``);
  }
  if (ours.length === 0) return;
  for (const line of planLines({ ...plan, entries: ours })) context.note(line);
  await confirm(context, `deploy this to ${plan.environment}`, yes);
}

function refuseBlocked(entries: readonly PlanEntry[]): void {
  const blocked = entries.filter(({ action }) => action === 'blocked');
  if (blocked.length === 0) return;
  const lines = blocked.map(({ kind, name, summary }) => `${kind} ${name} ${summary}`);
  throw new ConnectError('REFUSED', [...lines, 'nothing was changed'].join('\n  '), {
    details: { blocked: blocked.map(({ kind, name, summary }) => ({ kind, name, summary })) },
    hint: '`connect plan` shows everything else that is pending',
  });
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
    case 'rolling back':
      return event.outcome === 'created'
        ? `${connector} does not run; removing it again`
        : `${connector} does not run; going back to its previous configuration`;
  }
}
