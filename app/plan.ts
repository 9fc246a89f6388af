import type { SinkPlan } from '../connectors/host.ts';
import type { PlanAction, PlanEntry, PlannedChange } from '../connectors/plan/entry.ts';
import { hash } from '../connectors/plan/fingerprint.ts';
import {
  makePlan,
  type Plan,
  type PlanInput,
  type PlannedStream,
  pendingEntries,
  planFingerprints,
} from '../connectors/plan/plan.ts';
import type { MadePlan, PlanOptions } from '../connectors/plan/plan-file.ts';
import type { Orphan } from '../connectors/plan/removal-plan.ts';
import { topicSpecs } from '../connectors/topics.ts';
import { ConnectError } from '../core/errors.ts';
import { inTurn } from '../core/in-turn.ts';
import { type Gap, gapText } from '../operate/gaps.ts';
import { observeMigrations, observeSchema } from '../operate/observe-stream.ts';
import { findOpenGaps } from '../operate/require-no-gap.ts';
import { valueSubject } from '../pipeline/names.ts';
import { isOwnedBy } from '../pipeline/setting-owners.ts';
import type { StreamDefinition, TopicsBy } from '../pipeline/types.ts';
import { checkPlugin, withPlugin } from './plugin-check.ts';
import type { Session } from './session.ts';
import { type SeenTopics, seeTopics } from './topics.ts';
import { orUnreachable, type UnknownParts } from './unknown-parts.ts';

export {
  type MadePlan,
  type Plan,
  type PlanAction,
  type PlanEntry,
  type PlannedChange,
  type PlanOptions,
  pendingEntries,
};

/** What a plan is about when nothing else is asked for. */
export const PLAN_DEFAULTS: PlanOptions = { growTopics: false, prune: false, from: 'resume' };

/** A plan, the world it was made in, and each stream with what its host would do. */
export interface ObservedPlan extends MadePlan {
  readonly streams: readonly (ObservedStream & { readonly stream: StreamDefinition })[];
  /** Parts that could not be reached. */
  readonly unknown: UnknownParts;
  /** Who has told of the topics, and so makes them; undefined when nobody could. */
  readonly topicsBy: TopicsBy | undefined;
}

interface ObservedStream extends PlannedStream {
  /** What the sink would jump over. */
  readonly gaps: readonly Gap[];
}

/**
 * Observes an environment and plans what a deploy would do. Changes nothing. Brokers and database that do not answer are `unknown` in it. Errors: USAGE for
 * options that contradict; UNREACHABLE and REFUSED of Connect and registry.
 */
export async function plan(session: Session, options: PlanOptions): Promise<ObservedPlan> {
  refuseContradiction(session, options);
  const { environment } = session;
  const host = await session.host();
  const pluginOf = await checkPlugin(session);
  const [migrations, topics] = await Promise.all([
    orUnreachable(observeMigrations(session.asReader, session.file('migrations'))),
    seeTopics(session),
  ]);
  const unknown: UnknownParts = {
    brokers: topics.brokers,
    database: migrations instanceof ConnectError ? migrations : undefined,
  };
  if (unknown.brokers !== undefined) session.leaveOutBrokers();
  const [streams, orphans] = await Promise.all([
    Promise.all(
      session.streams.map(async (stream) => {
        const observed = await observeStream(session, stream, options, topics);
        return { stream, ...observed, sink: withPlugin(observed.sink, pluginOf(stream)) };
      }),
    ),
    options.prune ? findOrphans(session) : [],
  ]);
  const input: PlanInput = {
    environment: environment.name,
    target: host.label,
    migrations:
      migrations instanceof ConnectError ? { applied: [], pending: [], unknown: migrations.message } : migrations,
    streams,
    growTopics: options.growTopics,
    orphans,
  };
  refuseUselessStart(input, options);
  return {
    plan: makePlan(input),
    options,
    fingerprints: planFingerprints(input),
    environment: hash(environment),
    streams,
    unknown,
    topicsBy: topics.topics && topics.by,
  };
}

async function observeStream(
  session: Session,
  stream: StreamDefinition,
  { from }: PlanOptions,
  seen: SeenTopics,
): Promise<ObservedStream> {
  const { environment, kafka, project, groups } = session;
  const { replicationFactor } = environment.kafka;
  const topics = topicSpecs(stream, replicationFactor);
  const [host, registry] = await Promise.all([session.host(), session.registry()]);
  const [sink, subject, gaps] = await Promise.all([
    host.plan(session.desiredSink(stream, from)),
    observeSchema(registry, project, stream, session.schema(stream).text),
    findOpenGaps({ stream, groups, kafka }),
  ]);
  return {
    topics,
    replicationFactor,
    subject: valueSubject(stream),
    observed: {
      topics: seen.topics ?? {},
      unknownTopics: seen.topics === undefined ? seen.brokers?.message : undefined,
      topicNotes: seen.by === 'aws' ? [BY_MSK] : [],
      subject,
    },
    sink: withEffects(sink, gapEffects(stream, gaps, seen.brokers?.message)),
    gaps,
  };
}

const BY_MSK = "told by MSK's own calls, not by the brokers; up to a minute old";

/** What starting the sink means for records that Kafka has deleted. */
function gapEffects(stream: StreamDefinition, gaps: readonly Gap[], unknown: string | undefined): string[] {
  if (unknown !== undefined)
    return [
      `where its group stands, and whether Kafka deleted records that it has not read, are unknown, because ${unknown}`,
    ];
  return gaps.map(
    (gap) => `${gapText(stream, gap)} were deleted before the sink read them: it goes on only with --accept-gap`,
  );
}

/** The fingerprint has them as well, so that a saved plan jumps over nothing else than it says. */
function withEffects({ entries, fingerprint }: SinkPlan, effects: readonly string[]): SinkPlan {
  if (effects.length === 0) return { entries, fingerprint };
  return {
    entries: entries.map((one) => (one.kind === 'connector' ? { ...one, effects: [...one.effects, ...effects] } : one)),
    fingerprint: { ...fingerprint, observed: hash([fingerprint.observed, effects]) },
  };
}

/** The cluster's connectors, by name, that carry this project's mark and that none of its definitions names, whatever was selected. */
async function findOrphans(session: Session): Promise<Orphan[]> {
  const { project, environment } = session;
  const host = await session.host();
  const defined = new Set(project.streams.map(({ sink }) => sink.name));
  const others = (await host.list()).filter((name) => !defined.has(name)).sort();
  // One after the other: an account may have many, and a service throttles.
  const found = await inTurn(others, async (name): Promise<Orphan[]> => {
    const config = (await host.observe(name))?.config;
    if (config === undefined || !isOwnedBy(config, environment.project ?? '')) return [];
    return [{ name, topics: config.topics ?? config['topics.regex'] ?? 'no topic' }];
  });
  return found.flat();
}

function refuseContradiction({ environment }: Session, { prune, only }: PlanOptions): void {
  if (!prune) return;
  if (only !== undefined) {
    throw new ConnectError('USAGE', '--prune looks at the whole project, --only at some of its streams', {
      hint: 'leave one of the two out',
    });
  }
  if (environment.project === undefined) {
    throw new ConnectError('USAGE', 'connect.yaml names no project, so nobody can tell its sinks from others', {
      hint: 'add `project: NAME` to connect.yaml and deploy: from then on --prune knows what is yours',
    });
  }
}

/** A start is about a sink that is not there; that one is there must not pass silently. */
function refuseUselessStart({ streams }: PlanInput, { from }: PlanOptions): void {
  if (from === 'resume') return;
  if (streams.some(({ sink }) => sink.entries.some(({ kind, action }) => kind === 'connector' && action === 'create')))
    return;
  throw new ConnectError('USAGE', `--from ${from} is about sinks that have to be created, and all of them are there`, {
    hint: `\`connect offsets reset --to ${from}\` lets a deployed sink read from another place`,
  });
}
