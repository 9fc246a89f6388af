import { connectTarget } from '../app/connect-target.ts';
import { isOnMsk, mskApi } from '../app/msk-target.ts';
import { kafkaConnection } from '../connectors/kafka-connection.ts';
import type { Plan, PlanEntry } from '../connectors/plan/plan.ts';
import type { PlanOptions, SavedPlan } from '../connectors/plan/plan-file.ts';
import { type StartFrom, startOffsets } from '../connectors/plan/start-plan.ts';
import { prune } from '../connectors/prune.ts';
import { renderSink } from '../connectors/render/render-sink.ts';
import { type DeployResult, deploySink } from '../connectors/rest/deploy.ts';
import type { StartOffset } from '../connectors/rest/start-offsets.ts';
import { connectorKeys } from '../connectors/settings/connector-keys.ts';
import { settingOf } from '../connectors/settings/setting-lookup.ts';
import type { ConnectTarget } from '../connectors/targets/target.ts';
import { ensureTopics, type TopicOutcome } from '../connectors/topics.ts';
import { groupMembers } from '../connectors/wait/group-members.ts';
import { ConnectError } from '../core/errors.ts';
import { withAdmin } from '../core/kafka.ts';
import { observeOffsets } from '../operate/observe-stream.ts';
import { projectFile, selectStreams } from '../pipeline/load.ts';
import type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
import { loadAvroSchema } from '../schemas/avro-schema.ts';
import { agree, requireUnmoved } from './agree-plan.ts';
import type { CliContext } from './context.ts';
import { withOthers } from './deploy-failure.ts';
import { deployToMsk, requireReplace, requireWait } from './deploy-msk.ts';
import { progressLine } from './deploy-progress.ts';
import { duration } from './format.ts';
import { type MskParts, mskParts } from './msk-sink.ts';
import { planStreams } from './plan-streams.ts';
import { requireContract } from './require-contract.ts';

/** What a deploy of one stream came to. */
export interface DeployedStream extends DeployResult {
  readonly stream: string;
  readonly topics: readonly TopicOutcome[];
}

export interface Deployed {
  readonly streams: readonly DeployedStream[];
  /** Connectors that were deleted because no definition names them. */
  readonly pruned: readonly string[];
}

export interface DeployStreamsOptions {
  readonly plan: PlanOptions;
  /** A plan that was saved: applied exactly, or not at all. */
  readonly saved?: SavedPlan;
  /** Bound of the wait for each sink. */
  readonly timeoutMs: number;
  /** Apply the plan without asking. */
  readonly yes: boolean;
  /** Put back what was changed and does not run. Default true. */
  readonly rollback?: boolean;
  /** Wait until each sink runs. Default true; on MSK Connect anything else is refused. */
  readonly wait?: boolean;
  /** On MSK Connect: delete and create a sink that cannot be changed in place. Default false. */
  readonly replace?: boolean;
  /** On MSK Connect: have a worker of its version on this machine validate every sink first. Default false. */
  readonly preflight?: boolean;
}

/**
 * Checks that all layers agree, plans, asks where something would change, then deploys streams one after the other, topics
 * first, and tells on stderr what goes on. Stops at the first that fails, and says what became of the others.
 * Errors: USAGE for options the target has not, FINDINGS, REFUSED when the plan holds what only a person can decide, UNSAFE for a saved plan that is out of date;
 * those of `confirm` and `deploySink`.
 */
export async function deployStreams(
  context: CliContext,
  project: Project,
  environment: Environment,
  options: DeployStreamsOptions,
): Promise<Deployed> {
  if (isOnMsk(environment)) requireWait(environment, options.wait !== false);
  const streams = selectStreams(project, options.plan.only);
  await requireContract(project, environment, streams);
  const made = await planStreams(context, project, environment, options.plan);
  if (options.saved !== undefined) requireUnmoved(options.saved, made);
  if (isOnMsk(environment)) requireReplace(made.plan, options.replace === true);
  const secrets = context.secrets(project);
  const msk = isOnMsk(environment) ? await mskParts(project, environment, mskApi(environment, secrets)) : undefined;
  if (options.preflight === true) await runPreflight(context, project, msk, streams);
  await agree(context, made.plan, options.yes || options.saved !== undefined);

  const target = connectTarget(environment, secrets, { timeoutMs: options.timeoutMs, signal: context.signal });
  const deployment: Deployment = { context, project, environment, target, msk, plan: made.plan, options };
  const deployed: DeployedStream[] = [];
  for (const stream of streams) {
    try {
      deployed.push(await deployStream(deployment, stream));
    } catch (error) {
      throw withOthers(error, deployed, streams.slice(deployed.length + 1));
    }
  }
  return { streams: deployed, pruned: await pruneSinks(deployment) };
}

async function runPreflight(
  context: CliContext,
  project: Project,
  msk: MskParts | undefined,
  streams: readonly StreamDefinition[],
): Promise<void> {
  if (msk === undefined) {
    throw new ConnectError('USAGE', '--preflight is for MSK Connect; a Connect cluster validates the sink itself');
  }
  const { preflight } = await import('./preflight.ts');
  const sinks = streams.map((stream) => {
    const { fields } = loadAvroSchema(projectFile(project, stream.schema));
    return { stream, fields };
  });
  await preflight(context, project, msk, sinks);
}

interface Deployment {
  readonly context: CliContext;
  readonly project: Project;
  readonly environment: Environment;
  readonly target: ConnectTarget;
  readonly msk: MskParts | undefined;
  readonly plan: Plan;
  readonly options: DeployStreamsOptions;
}

function deployStream(deployment: Deployment, stream: StreamDefinition): Promise<DeployedStream> {
  const { context, project, environment, target, msk, plan, options } = deployment;
  const { timeoutMs, rollback = true, wait = true } = options;
  const { growTopics: grow, from } = options.plan;
  const { name } = stream.sink;
  const { fields } = loadAvroSchema(projectFile(project, stream.schema));
  const config = renderSink(stream, environment, fields);
  const keys = connectorKeys();
  const planned = entryOf(plan, name);
  return withAdmin(kafkaConnection(environment, context.secrets(project)), 'perps-connect-deploy', async (admin) => {
    const topics = await ensureTopics(admin, stream, environment.kafka.replicationFactor, { grow });
    const offsets = planned?.action === 'create' ? await observeOffsets(admin, stream) : [];
    const start = toStart(from, offsets);
    if (msk !== undefined) {
      const { replace = false } = options;
      const result = await deployToMsk(context, msk, admin, stream, fields, { timeoutMs, rollback, replace, start });
      context.note(`${name} ${result.outcome} in ${duration(result.durationMs)}`);
      return { stream: stream.name, topics, ...result };
    }
    const result = await deploySink({
      target,
      stream,
      config,
      timeoutMs,
      rollback,
      wait,
      start,
      ...(planned === undefined ? {} : { planned }),
      settings: (key) => settingOf(keys, config, key),
      members: () => groupMembers(admin, stream),
      signal: context.signal,
      onEvent: (event) => {
        const line = progressLine(name, event);
        if (line !== undefined) context.note(line);
      },
    });
    const unknown = wait ? '' : '; not waited for: `connect status` shows whether it runs';
    context.note(`${name} ${result.outcome} in ${duration(result.durationMs)}${unknown}`);
    return { stream: stream.name, topics, ...result };
  });
}

function toStart(from: StartFrom, offsets: Parameters<typeof startOffsets>[1]): StartOffset[] {
  const moves = startOffsets(from, offsets);
  return offsets.flatMap(({ partition, committed }) => {
    const to = moves.get(partition);
    return to === undefined ? [] : [{ partition, to, before: committed }];
  });
}

const entryOf = ({ entries }: Plan, connector: string): PlanEntry | undefined =>
  entries.find(({ kind, name }) => kind === 'connector' && name === connector);

async function pruneSinks({ context, environment, target, plan, options }: Deployment): Promise<string[]> {
  const gone = plan.entries.filter(({ kind, action }) => kind === 'connector' && action === 'delete');
  for (const { name } of gone) {
    context.signal.throwIfAborted();
    await prune(target, { name, project: environment.project ?? '', timeoutMs: options.timeoutMs });
    context.note(`${name} deleted; its topics, table and offsets stay`);
  }
  return gone.map(({ name }) => name);
}
