import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { DesiredStream, ObservedStream, PlanInput } from '../../connectors/plan/plan.ts';
import type { ObservedOffset } from '../../connectors/plan/start-plan.ts';

/** `test/fixtures/plans`: a base that is in sync, and a folder for each situation with its merge patch and its plan. */
export const planFixtures = join(import.meta.dirname, '..', 'fixtures', 'plans');

export const situationNames: readonly string[] = readdirSync(planFixtures, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

type Topics = Readonly<Record<string, Omit<DesiredStream['topics'][number], 'name'>>>;

/** As the files have it: topics by name, offsets as numbers. */
interface SituationFile extends Omit<PlanInput, 'streams' | 'settings'> {
  readonly desired: Omit<DesiredStream, 'topics'> & { readonly topics: Topics };
  readonly observed: Omit<ObservedStream, 'offsets' | 'connector'> & {
    readonly connector?: ObservedStream['connector'];
    readonly offsets: readonly Record<'partition' | 'low' | 'end', number>[];
  };
}

/** The input of a situation's plan, but for the settings' lookup. */
export function situationInput(name: string): Omit<PlanInput, 'settings'> {
  const base: unknown = parse(readFileSync(join(planFixtures, 'base.yaml'), 'utf8'));
  const patch: unknown = parse(readFileSync(join(planFixtures, name, 'situation.yaml'), 'utf8'));
  const { desired, observed, ...rest } = merged(base, patch) as SituationFile;
  const topics = Object.entries(desired.topics).map(([topic, spec]) => ({ name: topic, ...spec }));
  const offsets = observed.offsets.map(toOffset);
  return {
    ...rest,
    streams: [{ desired: { ...desired, topics }, observed: { ...observed, connector: observed.connector, offsets } }],
  };
}

const toOffset = (file: object): ObservedOffset => ({
  committed: undefined,
  ...(Object.fromEntries(
    Object.entries(file).map(([key, value]) => [
      key,
      ['low', 'end', 'committed'].includes(key) ? BigInt(value) : value,
    ]),
  ) as unknown as Omit<ObservedOffset, 'committed'>),
});

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
