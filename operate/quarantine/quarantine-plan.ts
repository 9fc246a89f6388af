import { nextOffset, type SinkPosition } from '../../connectors/sink-group.ts';
import { type FailedPart, formatSuspects } from '../../connectors/wait/failure.ts';
import { ConnectError } from '../../core/errors.ts';
import type { ScannedRecord } from '../../core/kafka-scan.ts';
import { valueSubject } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { SchemaRegistry } from '../../schemas/registry.ts';
import { placeOf } from '../record-place.ts';
import type { Culprit, Search } from './find-culprits.ts';

/** What a quarantine does in one partition. */
export interface PartitionStep {
  readonly partition: number;
  /** Next offset of the sink now, and behind the last culprit. */
  readonly from: bigint;
  readonly to: bigint;
  readonly culprits: readonly Culprit[];
}

/** A plan as it is shown and agreed to. */
export type QuarantinePlan = ReturnType<typeof describePlan>;

/** The steps over these culprits: one for each partition with a culprit. */
export function planSteps(positions: readonly SinkPosition[], culprits: readonly Culprit[]): PartitionStep[] {
  return positions.flatMap((position): PartitionStep[] => {
    const from = nextOffset(position);
    const own = culprits.filter(({ record }) => record.partition === position.partition && record.offset >= from);
    const last = own.at(-1);
    return last === undefined
      ? []
      : [{ partition: position.partition, from, to: last.record.offset + 1n, culprits: own }];
  });
}

interface PlanParts {
  readonly failures: readonly FailedPart[];
  readonly steps: readonly PartitionStep[];
  readonly search: Search;
  /** An earlier quarantine was killed and has left the sink stopped. */
  readonly isResumed: boolean;
  /** What it does besides, because of where the sink runs. */
  readonly effects: readonly string[];
}

/** The plan as it is shown and agreed to. */
export function describePlan(stream: StreamDefinition, { failures, steps, search, isResumed, effects }: PlanParts) {
  return {
    connector: stream.sink.name,
    failures: failures.map(({ task, cause, suspects }) => ({ task, cause, record: formatSuspects(suspects) })),
    culprits: steps.flatMap(({ culprits }) =>
      culprits.map(({ record, kind, reason, sqlState }) => ({
        /** `positions-3@81244` */
        record: placeOf(stream, record),
        key: record.key?.toString() ?? null,
        kind,
        reason,
        sqlState,
        /** Whether the failed task names it, alone or among others. */
        isNamed: taskOf(failures, record) !== undefined,
      })),
    ),
    /** Records beside the culprits that the sink can store. */
    neighbours: search.good,
    steps: steps.map(({ partition, from, to }) => ({ partition, from, to })),
    /** Records in front of the culprits that the sink has not committed. They are written before it continues behind them. */
    before: steps.reduce((sum, step) => sum + (step.to - step.from) - BigInt(step.culprits.length), 0n),
    isResumed,
    effects,
  };
}

/** The task whose failure names this record. */
export const taskOf = (
  failures: readonly FailedPart[],
  { partition, offset }: Pick<ScannedRecord, 'partition' | 'offset'>,
): number | undefined =>
  failures.find(({ suspects }) => suspects.some((one) => one.partition === partition && one.offset === offset))?.task;

/** Nothing may be moved while something else is the cause, whatever the records are like. Errors: UNSAFE. */
export function refuseOtherFaults(connector: string, failures: readonly FailedPart[]): void {
  const other = failures.find(({ fault }) => fault !== undefined && fault !== 'record');
  if (other === undefined) return;
  const { cause, fault = 'record', hint } = other;
  const part = { registry: 'the schema registry', database: 'the database', sink: 'its own settings', record: '' };
  throw new ConnectError('UNSAFE', `${connector} FAILED because of ${part[fault]}, not of a record: ${cause}`, {
    details: { connector, cause, fault },
    hint: `${hint}; when that is done, \`connect restart --failed\``,
  });
}

/** Settings that make other rows of the same records than this package does. */
const CHANGES_ROWS = /^(transforms|predicates|insert\.mode|primary\.key|(collection|column)\.naming)/;

/** Rows are tried and written as this package's own sink would. Errors: UNSAFE for a definition that changes its rows. */
export function requireKnownRows({ file, sink }: StreamDefinition): void {
  const key = Object.keys(sink.config).find((name) => CHANGES_ROWS.test(name));
  if (key === undefined) return;
  throw new ConnectError(
    'UNSAFE',
    `${file} sets ${key}: what rows ${sink.name} makes of its records is not known here`,
    {
      details: { key },
      hint: 'find the record by the log of the worker; skip it with `connect stop` and `connect offsets reset`',
    },
  );
}

/**
 * A registry that does not know the stream's own schema cannot say that a record's schema is unknown.
 * Errors: UNREACHABLE, NOT_READY, REFUSED of the registry; UNSAFE when it is another one, or has lost its data.
 */
export async function requireRegistry(registry: SchemaRegistry, stream: StreamDefinition): Promise<void> {
  const subject = valueSubject(stream);
  if ((await registry.version(subject, 'latest')) !== undefined) return;
  throw new ConnectError('UNSAFE', `the schema registry at ${registry.url} does not have ${subject} itself`, {
    details: { subject },
    hint: 'it is another registry than the producer writes with, or has lost its data; check registry.url in connect.yaml',
  });
}

/** The error for a failure that no record explains. */
export function unexplained(connector: string, cause: string | undefined, { good }: Search): ConnectError {
  return new ConnectError(
    'REFUSED',
    `no record explains why ${connector} FAILED: the ${good} it has not committed can all be stored; its cause was ${cause}`,
    {
      details: { connector, tried: good, cause },
      hint: 'the cause may be gone: run `connect restart --failed`; the log of the worker says more',
    },
  );
}
