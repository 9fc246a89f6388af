import { ConnectError } from '../../core/errors.ts';
import { type Period, partitionName, periodOf, periodsBetween } from '../../pipeline/partitions.ts';
import type { PartitionDefinition } from '../../pipeline/types.ts';
import type { FoundPartitions, Partition, StrayRows } from './read-partitions.ts';
import { openParts, type TimeRange } from './time-range.ts';

/** One thing that is to be done to a partition. Names are schema-qualified, times ms since 1970. */
export type PartitionStep = TimeRange & { readonly name: string } & (
    | {
        /** Make it; so many rows of the default partition are moved into it. */
        readonly kind: 'create';
        readonly rows: bigint;
      }
    | {
        /** All of it is older than `keep`: take it out of the table, and drop it. */
        readonly kind: 'leave';
        readonly rows: bigint;
      }
    | {
        /** It has left earlier, and is still there. */
        readonly kind: 'drop';
        readonly rows: bigint;
        readonly waitsForArchive: boolean;
      }
  );

export interface PartitionPlan {
  /** In the order in which they are done. */
  readonly steps: readonly PartitionStep[];
  /** Rows of the default partition whose time no partition can be made for. */
  readonly unplaceable: bigint;
}

export interface PlanFacts {
  /** Schema-qualified. */
  readonly table: string;
  readonly partition: PartitionDefinition;
  readonly found: FoundPartitions;
  readonly stray: readonly StrayRows[];
  readonly now: Date;
  /** Partitions are made from the period of this time on. Default: now. */
  readonly since?: Date | undefined;
}

const DAY_MS = 86_400_000;
/** More in one go come from a slip in `--from`. */
const MOST_PERIODS = 1_000;

/** What is missing, what holds rows that belong elsewhere, and what is past `keep`. Errors: USAGE for `since` too long ago. */
export function planPartitions(facts: PlanFacts): PartitionPlan {
  const { partition, found, stray, now } = facts;
  const kept = keptFrom(partition, now);
  const wanted = [...wantedPeriods(facts), ...strayPeriods(facts)];
  const creates = inOrder(wanted).flatMap((period) => createSteps(facts, period));
  const leaves = [...found.attached, ...creates]
    .filter(({ to }) => to <= kept)
    .toSorted((a, b) => a.from - b.from)
    .map(({ name, from, to, rows }) => ({ kind: 'leave', name, from, to, rows }) as const);
  const drops = partition.keepDays === undefined ? [] : found.left.map((one) => ({ ...one, kind: 'drop' }) as const);
  const unplaceable = stray.reduce((sum, { day, rows }) => (day === undefined ? sum + rows : sum), 0n);
  return { steps: [...creates, ...leaves, ...drops], unplaceable };
}

/** The day from which history is kept: all of what is older may go; -Infinity without `keep`. */
function keptFrom({ keepDays }: PartitionDefinition, now: Date): number {
  if (keepDays === undefined) return Number.NEGATIVE_INFINITY;
  return periodOf('day', now).from.getTime() - keepDays * DAY_MS;
}

/** Periods from `since` to the last of those ahead, but none that would leave at once. */
function wantedPeriods({ partition, now, since = now }: PlanFacts): TimeRange[] {
  const { every, ahead } = partition;
  let last = periodOf(every, now);
  for (let beyond = 0; beyond < ahead; beyond += 1) last = periodOf(every, last.to);
  const kept = keptFrom(partition, now);
  const periods = periodsBetween(every, since < now ? since : now, last.from).map(rangeOf);
  if (periods.length > MOST_PERIODS)
    throw new ConnectError('USAGE', `from ${since.toISOString()} on there would be ${periods.length} partitions`, {
      hint: `give a later --from, or partition by a longer time; ${MOST_PERIODS} are the most in one go`,
    });
  return periods.filter(({ to }) => to > kept);
}

const rangeOf = ({ from, to }: Period): TimeRange => ({ from: from.getTime(), to: to.getTime() });

const strayPeriods = ({ partition, stray }: PlanFacts): TimeRange[] =>
  stray.flatMap(({ day }) => {
    if (day === undefined) return [];
    return [rangeOf(periodOf(partition.every, new Date(day)))];
  });

const inOrder = (ranges: readonly TimeRange[]): TimeRange[] =>
  [...new Map(ranges.map((range) => [range.from, range])).values()].toSorted((a, b) => a.from - b.from);

/** A period that other partitions take a part of, because `every` has changed, is filled up by days. */
function createSteps({ table, partition, found, stray }: PlanFacts, period: TimeRange): PartitionStep[] {
  return openParts(period, found.attached).map((range) => {
    const every = range.from === period.from && range.to === period.to ? partition.every : 'day';
    const rows = stray
      .filter(({ day }) => day !== undefined && day >= range.from && day < range.to)
      .reduce((sum, { rows: count }) => sum + count, 0n);
    const name = `${table.split('.')[0]}.${partitionName(table, every, new Date(range.from))}`;
    return { kind: 'create', name, ...range, rows };
  });
}

/** What people must know of a partitioned table. */
export interface PartitionHealth {
  /** Partitions of the current and the next period that are not there, or not wholly: their names. */
  readonly lacking: readonly string[];
  /** Rows are in the default partition; undefined when it may not be read. */
  readonly hasStrayRows: boolean | undefined;
  /** There is no default partition: a row without a partition of its own stops the sink. */
  readonly hasNoDefault: boolean;
}

/** Whether the table has a place for what comes now and next. */
export function judgePartitions(
  { table, partition: { every } }: Pick<PlanFacts, 'table' | 'partition'>,
  found: Pick<FoundPartitions, 'fallback'> & { readonly attached: readonly Pick<Partition, 'from' | 'to'>[] },
  hasStrayRows: boolean | undefined,
  now: Date,
): PartitionHealth {
  const current = periodOf(every, now);
  const lacking = [current, periodOf(every, current.to)].filter(
    (period) => openParts(rangeOf(period), found.attached).length > 0,
  );
  return {
    lacking: lacking.map(({ from }) => partitionName(table, every, from)),
    hasStrayRows,
    hasNoDefault: found.fallback === undefined,
  };
}
