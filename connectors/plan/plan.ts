import type { SinkConfig } from '../render/render-sink.ts';
import type { TopicSpec } from '../topics.ts';
import type { SettingLookup } from './compare-configs.ts';
import { type DesiredConnector, type ObservedConnector, planConnector } from './connector-plan.ts';
import { type ObservedMigrations, planMigrations } from './migration-plan.ts';
import { type Orphan, planRemoval } from './removal-plan.ts';
import type { ObservedOffset } from './start-plan.ts';
import { type ObservedSubject, planSubject } from './subject-plan.ts';
import { type ObservedTopic, planTopic } from './topic-plan.ts';

/** `blocked`: `deploy` refuses, because only a person can decide; the entry's summary says what. */
export type PlanAction = 'create' | 'update' | 'replace' | 'delete' | 'unchanged' | 'blocked';

/** One setting that changes. Secrets stand here as their references, or as `(secret)`. */
export interface PlannedChange {
  readonly key: string;
  /** Undefined: it is not set now. */
  readonly before: string | undefined;
  /** Undefined: it is taken away. */
  readonly after: string | undefined;
  readonly secret: boolean;
}

/** A setting that differs in its text and is left out of the comparison. */
export interface IgnoredSetting {
  readonly key: string;
  readonly reason: string;
}

/** What becomes of one thing. */
export interface PlanEntry {
  readonly kind: 'topic' | 'subject' | 'migrations' | 'plugin' | 'worker configuration' | 'connector';
  readonly name: string;
  readonly action: PlanAction;
  /** One line: how it stands, or what becomes of it. */
  readonly summary: string;
  readonly changes: readonly PlannedChange[];
  /** What the change does besides: restarts, keys that move. */
  readonly effects: readonly string[];
  readonly ignored: readonly IgnoredSetting[];
  /** Worth knowing, not changed by anything here. */
  readonly notes: readonly string[];
  /** The command that does it, where `connect deploy` does not. */
  readonly by?: string;
}

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

/** What the files say of one stream. */
export interface DesiredStream {
  readonly topics: readonly TopicSpec[];
  readonly replicationFactor: number;
  readonly subject: string;
  readonly connector: DesiredConnector;
}

/** What was seen of one stream. */
export interface ObservedStream {
  /** By name; what is not there is missing. */
  readonly topics: Readonly<Record<string, ObservedTopic>>;
  readonly subject: ObservedSubject;
  readonly connector: ObservedConnector | undefined;
  /** What the group of a connector that is not there has committed; empty for one that is there, or without a topic. */
  readonly offsets: readonly ObservedOffset[];
}

/** A stream's two sides. */
export interface PlannedStream {
  readonly desired: DesiredStream;
  readonly observed: ObservedStream;
  /** What becomes of the connector, where the target has a plan of its own for it. */
  readonly connector?: readonly PlanEntry[];
}

export interface PlanInput {
  readonly environment: string;
  readonly target: string;
  readonly migrations: ObservedMigrations;
  readonly streams: readonly PlannedStream[];
  /** What is known of a setting, given the configuration it stands in. */
  readonly settings: (config: SinkConfig, key: string) => ReturnType<SettingLookup>;
  /** Give the data topic more partitions where the definition says more. */
  readonly growTopics: boolean;
  /** Connectors of this project that no definition names, where those are to be deleted. */
  readonly orphans: readonly Orphan[];
}

/** Desired and observed → what to do, in the order that is safe. Pure: asks nobody. */
export function makePlan(input: PlanInput): Plan {
  const streams = input.streams.flatMap(({ desired, observed, connector }) => [
    ...desired.topics.map((spec) =>
      planTopic(spec, observed.topics[spec.name], {
        replicationFactor: desired.replicationFactor,
        grow: input.growTopics,
      }),
    ),
    planSubject(desired.subject, observed.subject),
    ...(connector ?? [
      planConnector(
        desired.connector,
        observed.connector,
        (key) => input.settings(desired.connector.config, key),
        observed.offsets,
      ),
    ]),
  ]);
  // What goes, goes last: whatever takes its place runs by then.
  const entries = [planMigrations(input.migrations), ...streams, ...input.orphans.map(planRemoval)];
  const number = (action: PlanAction): number =>
    entries.filter((one) => isDeploys(one) && one.action === action).length;
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

/** Whether `connect deploy` does it. */
export const isDeploys = ({ by }: PlanEntry): boolean => by === undefined;

/** What is not yet as the files say, whoever does it. */
export const pendingEntries = ({ entries }: Plan): PlanEntry[] =>
  entries.filter(({ action }) => action !== 'unchanged');
