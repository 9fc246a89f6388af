import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { PlanInput, PlannedStream } from '../../connectors/plan/plan.ts';
import type { StartFrom } from '../../connectors/plan/start-plan.ts';
import { planRestSink } from '../../connectors/rest/plan.ts';
import type { DesiredSink, ObservedSink, SinkConfig } from '../../connectors/sink-config.ts';
import type { SinkPosition } from '../../connectors/sink-group.ts';
import type { TopicSpec } from '../../connectors/topics.ts';
import { positions as stream } from './positions-stream.ts';

/** `test/fixtures/plans`: a base that is in sync, and a folder for each situation with its merge patch and its plan. */
export const planFixtures = join(import.meta.dirname, '..', 'fixtures', 'plans');

export const situationNames: readonly string[] = readdirSync(planFixtures, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** As the files have it: topics by name, offsets as numbers. */
interface SituationFile extends Omit<PlanInput, 'streams'> {
  readonly desired: {
    readonly topics: Readonly<Record<string, Omit<TopicSpec, 'name'>>>;
    readonly replicationFactor: number;
    readonly subject: string;
    readonly connector: {
      readonly name: string;
      readonly config: SinkConfig;
      readonly state?: 'running' | 'paused' | 'stopped';
      readonly from?: StartFrom;
    };
  };
  readonly observed: PlannedStream['observed'] & {
    readonly connector?: Pick<ObservedSink, 'config' | 'state'>;
    readonly offsets: readonly Readonly<Record<'partition' | 'low' | 'end' | 'committed', number | undefined>>[];
  };
}

/** The input of a situation's plan, on a Connect cluster. */
export function situationInput(name: string): PlanInput {
  const { desired, observed, ...rest } = situationFile(name);
  const topics = Object.entries(desired.topics).map(([topic, spec]) => ({ name: topic, ...spec }));
  const { replicationFactor, subject } = desired;
  const sink = planRestSink(...situationSink(name), (text) => text);
  return { ...rest, streams: [{ topics, replicationFactor, subject, observed, sink }] };
}

/** A situation's sink: as it is wanted, as it is, and where the group of one that is not there stands. */
export function situationSink(name: string): [DesiredSink, ObservedSink | undefined, readonly SinkPosition[]] {
  const { desired, observed } = situationFile(name);
  const { config, state, from = 'resume' } = desired.connector;
  const sink = { ...stream.sink, name: desired.connector.name, state };
  const { connector } = observed;
  return [
    { stream: { ...stream, sink }, config, from },
    connector === undefined ? undefined : toObserved(connector),
    observed.offsets.map(toPosition),
  ];
}

const toObserved = ({ config, state = 'UNASSIGNED' }: Pick<ObservedSink, 'config' | 'state'>): ObservedSink => ({
  name: config.name ?? '',
  config,
  state,
  worker: 'worker',
  tasks: [],
  expectedTasks: 1,
  decidedByHost: [],
});

const toPosition = ({ partition = 0, low = 0, end = 0, committed }: SituationFile['observed']['offsets'][number]) => ({
  partition,
  low: BigInt(low),
  end: BigInt(end),
  committed: committed === undefined ? undefined : BigInt(committed),
  lag: 0n,
});

function situationFile(name: string): SituationFile {
  const base: unknown = parse(readFileSync(join(planFixtures, 'base.yaml'), 'utf8'));
  const patch: unknown = parse(readFileSync(join(planFixtures, name, 'situation.yaml'), 'utf8'));
  return merged(base, patch) as SituationFile;
}

/** JSON merge patch (RFC 7386): null takes a key away. */
function merged(base: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result: Record<string, unknown> = isMap(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
