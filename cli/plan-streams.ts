import { connectTarget } from '../app/connect-target.ts';
import { isOnMsk, mskApi } from '../app/msk-target.ts';
import { kafkaConnection } from '../connectors/kafka-connection.ts';
import { fingerprints, hash } from '../connectors/plan/fingerprint.ts';
import { hideSecrets } from '../connectors/plan/hide-secrets.ts';
import { type DesiredStream, makePlan, type PlanInput } from '../connectors/plan/plan.ts';
import type { MadePlan, PlanOptions } from '../connectors/plan/plan-file.ts';
import type { Orphan } from '../connectors/plan/removal-plan.ts';
import type { StartFrom } from '../connectors/plan/start-plan.ts';
import { renderSink, type SinkFields } from '../connectors/render/render-sink.ts';
import { connectorKeys } from '../connectors/settings/connector-keys.ts';
import { settingOf } from '../connectors/settings/setting-lookup.ts';
import type { ConnectTarget } from '../connectors/targets/target.ts';
import { topicSpecs } from '../connectors/topics.ts';
import { ConnectError } from '../core/errors.ts';
import { withAdmin } from '../core/kafka.ts';
import { createScrub } from '../core/scrub.ts';
import { observeOrphans } from '../operate/observe-orphans.ts';
import { observeMigrations, observeStream } from '../operate/observe-stream.ts';
import { databaseConnection, knownSecrets, registryConnection } from '../pipeline/connections.ts';
import { projectFile, selectStreams } from '../pipeline/load.ts';
import { isAutoscaled } from '../pipeline/msk-connect.ts';
import { valueSubject } from '../pipeline/names.ts';
import type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
import { loadAvroSchema } from '../schemas/avro-schema.ts';
import { createSchemaRegistry } from '../schemas/registry.ts';
import type { CliContext } from './context.ts';
import { desiredSink, mskParts, planMsk, withoutTaskCount } from './msk-sink.ts';

/** What a plan is about when nothing else is asked for. */
export const PLAN_DEFAULTS: PlanOptions = { growTopics: false, prune: false, from: 'resume' };

/** Observes an environment and plans what a deploy would do. Changes nothing. Errors: USAGE for options that contradict. */
export async function planStreams(
  context: CliContext,
  project: Project,
  environment: Environment,
  options: PlanOptions,
): Promise<MadePlan> {
  refuseContradiction(options, environment);
  const secrets = context.secrets(project);
  const target = connectTarget(environment, secrets);
  const registry = createSchemaRegistry(registryConnection(environment, secrets));
  const wanted = selectStreams(project, options.only).map((stream) => {
    const schema = loadAvroSchema(projectFile(project, stream.schema));
    const desired = desiredStream(stream, environment, schema.fields, options.from);
    return { stream, desired, schema, schemaText: schema.text };
  });
  const msk = isOnMsk(environment) ? await mskParts(project, environment, mskApi(environment, secrets)) : undefined;
  const keys = connectorKeys();
  const settings: PlanInput['settings'] = (config, key) => settingOf(keys, config, key);
  const [migrations, observed, orphans] = await Promise.all([
    observeMigrations(databaseConnection(environment, secrets), projectFile(project, 'migrations')),
    withAdmin(kafkaConnection(environment, secrets), 'perps-connect-plan', (admin) =>
      Promise.all(
        wanted.map(async (one) => {
          const { desired, stream, schema } = one;
          const observed = await observeStream({ ...one, project, admin, registry, target });
          if (msk === undefined) return { desired, observed };
          const sink = desiredSink(msk, stream, schema.fields);
          const connector = await planMsk(msk, admin, stream, sink, (key) => settings(sink.config, key));
          const isCounted = !isAutoscaled(msk.environment.connect);
          return { desired, observed: isCounted ? observed : withoutTaskCount(observed), connector };
        }),
      ),
    ),
    options.prune ? orphansOf(target, project, environment) : [],
  ]);
  const input: PlanInput = {
    environment: environment.name,
    target: target.label,
    migrations,
    streams: observed,
    settings,
    growTopics: options.growTopics,
    orphans,
  };
  refuseUselessStart(input, options.from);
  const plan = hideSecrets(makePlan(input), createScrub(knownSecrets(environment, secrets)));
  return { plan, options, fingerprints: fingerprints(input), environment: hash(environment) };
}

function desiredStream(
  stream: StreamDefinition,
  environment: Environment,
  fields: SinkFields,
  from: StartFrom,
): DesiredStream {
  const { replicationFactor } = environment.kafka;
  const { name, state } = stream.sink;
  return {
    topics: topicSpecs(stream, replicationFactor),
    replicationFactor,
    subject: valueSubject(stream),
    connector: { name, config: renderSink(stream, environment, fields), state, from },
  };
}

/** Measured against every definition of the project, whatever was selected. */
function orphansOf(target: ConnectTarget, { streams }: Project, { project = '' }: Environment): Promise<Orphan[]> {
  return observeOrphans(target, project, new Set(streams.map(({ sink }) => sink.name)));
}

function refuseContradiction({ prune, only }: PlanOptions, { project }: Environment): void {
  if (!prune) return;
  if (only !== undefined) {
    throw new ConnectError('USAGE', '--prune looks at the whole project, --only at some of its streams', {
      hint: 'leave one of the two out',
    });
  }
  if (project === undefined) {
    throw new ConnectError('USAGE', 'connect.yaml names no project, so nobody can tell its sinks from others', {
      hint: 'add `project: NAME` to connect.yaml and deploy: from then on --prune knows what is yours',
    });
  }
}

/** Who asks for a start means a sink that is not there; that one is there must not pass silently. */
function refuseUselessStart({ streams }: PlanInput, from: StartFrom): void {
  if (from === 'resume' || streams.some(({ observed }) => observed.connector === undefined)) return;
  throw new ConnectError('USAGE', `--from ${from} is about sinks that have to be created, and all of them are there`, {
    hint: `\`connect offsets reset --to ${from}\` lets a deployed sink read from another place`,
  });
}
