import { ConnectError } from '../core/errors.ts';
import { inTurn } from '../core/in-turn.ts';
import { withPostgres } from '../core/postgres.ts';
import { type AppliedStep, applyPartitions as applySteps } from '../operate/partitions/apply-partitions.ts';
import type { Archive } from '../operate/partitions/archive.ts';
import {
  type ListedPartition,
  listPartitions as listOf,
  planOf,
  type StreamPartitionPlan,
} from '../operate/partitions/observe-partitions.ts';
import type { PartitionStep } from '../operate/partitions/plan-partitions.ts';
import { isPartitioned, type PartitionedStream } from '../operate/partitions/read-partitions.ts';
import { instantText } from '../operate/partitions/time-range.ts';
import type { Session } from './session.ts';

export type { AppliedStep, ListedPartition };

/** A step of a plan; times are ISO, UTC, and undefined where there is no bound. */
export interface PlannedPartition {
  readonly kind: PartitionStep['kind'];
  readonly name: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly rows: bigint;
}

/** What is to be done to the partitions of one stream. */
export interface PlannedPartitions {
  readonly stream: string;
  readonly table: string;
  readonly steps: readonly PlannedPartition[];
  /** Rows of the default partition whose time no partition can be made for. */
  readonly unplaceable: bigint;
}

export interface PartitionOptions {
  /** Partitions are made from the period of this time on, as a backfill needs them. Default: now. */
  readonly since?: Date | undefined;
}

export interface ApplyPartitionsOptions extends PartitionOptions {
  /** A command for the shell, run about each partition before it is dropped. */
  readonly archive?: string | undefined;
  readonly onArchiveLine: (line: string) => void;
  /** For each lock. Default 1 min. */
  readonly patienceMs?: number | undefined;
  readonly onPlan: (plan: PlannedPartitions) => void;
  /** Throws when that is not wanted. */
  readonly agree: (plan: PlannedPartitions) => Promise<void>;
  readonly onWait: (table: string, holders: string) => void;
  readonly onStep: (step: AppliedStep) => void;
}

export interface AppliedPartitions {
  readonly stream: string;
  readonly table: string;
  readonly outcome: 'applied' | 'unchanged';
  readonly steps: readonly AppliedStep[];
}

export interface ListedPartitions {
  readonly stream: string;
  readonly table: string;
  readonly partitions: readonly ListedPartition[];
}

const PATIENCE_MS = 60_000;

/** What `applyPartitions` would do. Errors: USAGE when no selected stream is partitioned; NOT_FOUND, REFUSED, UNREACHABLE. */
export const planPartitions = (session: Session, { since }: PartitionOptions): Promise<PlannedPartitions[]> =>
  inTurn(partitioned(session), (stream) =>
    withPostgres(session.asReader, async (client) => shown(await planOf(client, stream, { now: new Date(), since }))),
  );

/** Makes partitions ahead, empties the default one, and lets go what is past `keep`, stream by stream. Errors: as `planPartitions`; NOT_READY. */
export async function applyPartitions(
  session: Session,
  { since, archive, agree, onPlan, onWait, onStep, ...options }: ApplyPartitionsOptions,
): Promise<AppliedPartitions[]> {
  const { asMigrator, signal, env } = session;
  const hook: Archive | undefined =
    archive === undefined ? undefined : { command: archive, env, onLine: options.onArchiveLine };
  return inTurn(partitioned(session), (stream) =>
    withPostgres(asMigrator, async (client) => {
      const plan = await planOf(client, stream, { now: new Date(), since });
      const { steps, found } = plan;
      onPlan(shown(plan));
      const about = { stream: stream.name, table: stream.table.name };
      if (steps.length === 0) return { ...about, outcome: 'unchanged', steps: [] };
      await agree(shown(plan));
      const applied = await applySteps({ client, stream, fallback: found.fallback?.name }, steps, {
        archive: hook,
        signal,
        patienceMs: options.patienceMs ?? PATIENCE_MS,
        onWait: (holders) => onWait(about.table, holders),
        onStep,
      });
      return { ...about, outcome: 'applied', steps: applied };
    }),
  );
}

/** The partitions that the tables have. Errors: as `planPartitions`. */
export const listPartitions = (session: Session): Promise<ListedPartitions[]> =>
  inTurn(partitioned(session), (stream) =>
    withPostgres(session.asReader, async (client) => ({
      stream: stream.name,
      table: stream.table.name,
      partitions: await listOf(client, stream),
    })),
  );

function partitioned({ streams }: Session): PartitionedStream[] {
  const found = streams.filter(isPartitioned);
  if (found.length > 0) return found;
  throw new ConnectError('USAGE', `no table of ${streams.map(({ name }) => name).join(', ')} is partitioned`, {
    hint: 'a stream says so by table.partition in its definition (docs/partitions.md)',
  });
}

const shown = ({ stream, table, steps, unplaceable }: StreamPartitionPlan): PlannedPartitions => ({
  stream,
  table,
  steps: steps.map(({ kind, name, from, to, rows }) => ({
    kind,
    name,
    from: instantText(from),
    to: instantText(to),
    rows,
  })),
  unplaceable,
});
