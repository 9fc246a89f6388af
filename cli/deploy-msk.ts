import type { Admin } from 'kafkajs';
import { mskTraces } from '../app/msk-target.ts';
import { deployMskSink } from '../connectors/msk/deploy.ts';
import type { Plan } from '../connectors/plan/plan.ts';
import type { SinkFields } from '../connectors/render/render-sink.ts';
import type { DeployResult } from '../connectors/rest/deploy.ts';
import type { StartOffset } from '../connectors/rest/start-offsets.ts';
import { connectorKeys } from '../connectors/settings/connector-keys.ts';
import { settingOf } from '../connectors/settings/setting-lookup.ts';
import { groupMembers } from '../connectors/wait/group-members.ts';
import { ConnectError } from '../core/errors.ts';
import { sinkGroup } from '../pipeline/names.ts';
import type { Environment, StreamDefinition } from '../pipeline/types.ts';
import type { CliContext } from './context.ts';
import { desiredSink, type MskParts } from './msk-sink.ts';
import { eventText } from './render/msk-event.ts';

export interface MskSinkOptions {
  readonly timeoutMs: number;
  readonly rollback: boolean;
  readonly replace: boolean;
  /** Where a connector begins that has to be created. */
  readonly start: readonly StartOffset[];
}

/** Deploys one sink to MSK Connect and tells on stderr what goes on. Errors: those of `deployMskSink`. */
export async function deployToMsk(
  context: CliContext,
  parts: MskParts,
  admin: Admin,
  stream: StreamDefinition,
  fields: SinkFields,
  { start, ...options }: MskSinkOptions,
): Promise<DeployResult> {
  const { api, environment, plugin } = parts;
  const desired = desiredSink(parts, stream, fields);
  const { name } = stream.sink;
  const keys = connectorKeys();
  // The group has no members while the connector is not there, so Kafka lets its offsets be set.
  if (start.length > 0) {
    const partitions = start.map(({ partition, to }) => ({ partition, offset: to.toString() }));
    await admin.setOffsets({ groupId: sinkGroup(stream), topic: stream.topic.name, partitions });
  }
  const { tasks, ...result } = await deployMskSink({
    ...options,
    api,
    connect: environment.connect,
    stream,
    desired,
    plugin,
    settings: (key) => settingOf(keys, desired.config, key),
    members: () => groupMembers(admin, stream),
    traces: () => mskTraces(environment, context.secrets(parts.project), name),
    signal: context.signal,
    onEvent: (event) => context.note(`${name} ${eventText(event)}`),
  });
  const state = desired.state === 'paused' ? 'PAUSED' : 'RUNNING';
  if (tasks.seen === undefined && state === 'RUNNING')
    context.note(`${name} is RUNNING; Kafka does not say whether its tasks are`);
  const count = state === 'PAUSED' ? tasks.expected : tasks.seen;
  const seen = Array.from({ length: count ?? 0 }, (_, id) => ({ id, state, worker: 'MSK Connect' }));
  return { ...result, state, tasks: seen, restarts: 0 };
}

/** Errors: USAGE for a deploy that would not follow its operations: their answers come before anything has happened. */
export function requireWait({ name }: Environment, wait: boolean): void {
  if (wait) return;
  throw new ConnectError(
    'USAGE',
    `--no-wait is not for ${name}: MSK Connect answers before it begins, and undoes what fails by itself; nothing was done`,
    { hint: 'leave it out; Ctrl-C ends the wait, not the operation, and `connect status` shows what became of it' },
  );
}

/** Errors: REFUSED when the plan replaces a connector and nobody has asked for that. */
export function requireReplace(plan: Plan, replace: boolean): void {
  const replaced = plan.entries.filter(({ kind, action }) => kind === 'connector' && action === 'replace');
  if (replace || replaced.length === 0) return;
  const lines = replaced.map(({ name, summary, effects }) => [`${name}: ${summary}`, ...effects].join('; '));
  throw new ConnectError('REFUSED', [...lines, 'nothing was changed'].join('\n  '), {
    details: { replaced: replaced.map(({ name, summary, effects }) => ({ name, summary, effects })) },
    hint: 'deploy with --replace to delete and create; the sink does not write in between',
  });
}
