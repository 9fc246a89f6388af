import type { SinkPlan } from '../host.ts';
import type { ObservedTopic, TopicSpec } from '../topics.ts';
import { appliedByDeploy, type PlanAction, type PlanEntry } from './entry.ts';
import type { Fingerprint } from './fingerprint.ts';
import { type ObservedMigrations, planMigrations } from './migration-plan.ts';
import { type Orphan, planRemoval, removalFingerprint } from './removal-plan.ts';
import { type ObservedSubject, planSubject } from './subject-plan.ts';
import { planTopic, topicFingerprint, unknownTopic } from './topic-plan.ts';

/** What `connect deploy` would do in one environment, and what other commands have still to do. A plain value: `-o json` is it. */
export interface Plan {
  readonly version: 1;
  readonly environment: string;
  /** Where it was compared with: "Kafka Connect at 127.0.0.1:19383". */
  readonly target: string;
  readonly entries: readonly PlanEntry[];
  /** Of what `connect deploy` does. */
  readonly counts: Readonly<Record<'create' | 'update' | 'replace' | 'delete', number>>;
}

/** One stream as the files want it and as it was seen. */
export interface PlannedStream {
  readonly topics: readonly TopicSpec[];
  readonly replicationFactor: number;
  readonly subject: string;
  readonly observed: {
    /** By name; what is not there is missing. */
    readonly topics: Readonly<Record<string, ObservedTopic>>;
    /** Why the brokers could not be asked for the topics. */
    readonly unknownTopics?: string | undefined;
    /** How they were seen. */
    readonly topicNotes?: readonly string[] | undefined;
    readonly subject: ObservedSubject;
  };
  /** The plan of the host that the sink is deployed to. */
  readonly sink: SinkPlan;
}

export interface PlanInput {
  readonly environment: string;
  readonly target: string;
  readonly migrations: ObservedMigrations;
  readonly streams: readonly PlannedStream[];
  /** Give the data topic more partitions where the definition says more. */
  readonly growTopics: boolean;
  /** Connectors of this project that no definition names, where those are to be deleted. */
  readonly orphans: readonly Orphan[];
}

/** Desired and observed → what to do, in the order that is safe. Pure: asks nobody. */
export function makePlan(input: PlanInput): Plan {
  const streams = input.streams.flatMap(({ topics, replicationFactor, subject, observed, sink }) => [
    ...topics.map((spec) =>
      observed.unknownTopics === undefined
        ? planTopic(spec, observed.topics[spec.name], {
            replicationFactor,
            grow: input.growTopics,
            notes: observed.topicNotes,
          })
        : unknownTopic(spec, observed.unknownTopics),
    ),
    planSubject(subject, observed.subject),
    ...sink.entries,
  ]);
  // Removals come last: whatever takes a connector's place runs by then.
  const entries = onceEach([planMigrations(input.migrations), ...streams, ...input.orphans.map(planRemoval)]);
  const number = (action: PlanAction): number =>
    entries.filter((one) => appliedByDeploy(one) && one.action === action).length;
  return {
    version: 1,
    environment: input.environment,
    target: input.target,
    entries,
    counts: {
      create: number('create'),
      update: number('update'),
      replace: number('replace'),
      delete: number('delete'),
    },
  };
}

/** Several sinks may need one plugin, and read one topic: each is made once. */
const onceEach = (entries: readonly PlanEntry[]): PlanEntry[] =>
  entries.filter(
    ({ kind, name }, index) =>
      kind === 'connector' || index === entries.findIndex((one) => one.kind === kind && one.name === name),
  );

/** Fingerprints of everything that `connect deploy` acts on, by the kind and name of its entry. */
export function planFingerprints(input: PlanInput): Readonly<Record<string, Fingerprint>> {
  const found: Record<string, Fingerprint> = {};
  for (const { topics, replicationFactor, observed, sink } of input.streams) {
    for (const spec of topics)
      found[`topic ${spec.name}`] = topicFingerprint(spec, observed.topics[spec.name], replicationFactor);
    found[`connector ${sink.entries.at(-1)?.name}`] = sink.fingerprint;
  }
  for (const orphan of input.orphans) found[`connector ${orphan.name}`] = removalFingerprint(orphan);
  return found;
}

/** What is not yet as the files say, whoever does it. */
export const pendingEntries = ({ entries }: Plan): PlanEntry[] =>
  entries.filter(({ action }) => action !== 'unchanged');
