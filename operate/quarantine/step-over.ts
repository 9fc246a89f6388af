import type { FailedPart } from '../../connectors/wait/failure.ts';
import { ConnectError } from '../../core/errors.ts';
import { scanTopic } from '../../core/kafka-scan.ts';
import { type Judges, judgeRecords } from '../judge-records.ts';
import { readPositions } from '../offset-positions.ts';
import { setOffsets } from '../reset-offsets.ts';
import type { SinkAction } from '../settle-sink.ts';
import { copyToDeadLetters, type MovedRecord } from './copy-to-dead-letters.ts';
import { type PartitionStep, planSteps, taskOf } from './quarantine-plan.ts';

export interface Stepped {
  readonly moved: readonly MovedRecord[];
  /** Records in front of the culprits that were written here. */
  readonly written: number;
}

const CHUNK = 1_000;

/**
 * On a stopped sink: proves the culprits once more, writes what stands in front of them, copies them to the dead letter topic,
 * then sets the offsets behind them. In this order, so that a run killed at any point may be repeated: rows are upserted,
 * dead letters are written once, and the offsets, which make it final, come last.
 * Errors: UNSAFE when a culprit is none any more; those of database, registry and target.
 */
export async function stepOver(
  action: SinkAction,
  judges: Judges,
  found: {
    readonly failures: readonly FailedPart[];
    readonly steps: readonly PartitionStep[];
    readonly neighbours: number;
  },
): Promise<Stepped> {
  const { stream } = action;
  const culprits = found.steps.flatMap((step) => step.culprits);
  // The tasks that still ran have committed since, but cannot have passed a culprit.
  const steps = planSteps(await readPositions(action), culprits);
  await proveAgain(stream.topic.name, judges, steps);
  let written = 0;
  for (const step of steps) written += await writeBefore(action, judges, step);
  const [only] = found.failures;
  const moved = await copyToDeadLetters(
    action,
    steps.flatMap((step) => step.culprits),
    {
      connector: stream.sink.name,
      at: new Date(),
      taskOf: ({ record }) => taskOf(found.failures, record) ?? (found.failures.length === 1 ? only?.task : undefined),
      textOf: ({ kind }) =>
        `tried alone it ${kind === 'does-not-decode' ? 'does not decode' : 'is refused by PostgreSQL'}; ${found.neighbours} records beside it can be stored`,
    },
  );
  if (steps.length > 0) await setOffsets(action, new Map(steps.map(({ partition, to }) => [partition, to])));
  return { moved, written };
}

async function proveAgain(topic: string, judges: Judges, steps: readonly PartitionStep[]): Promise<void> {
  const records = steps.flatMap((step) => step.culprits.map(({ record }) => record));
  for (const [index, { kind }] of (await judgeRecords(judges, records)).entries()) {
    const record = records[index];
    if (record === undefined || kind === 'does-not-decode' || kind === 'refused-by-database') continue;
    throw new ConnectError('UNSAFE', `${topic}-${record.partition}@${record.offset} can be stored by now; it stays`, {
      hint: 'schema or table have changed meanwhile; run `connect restart --failed`',
    });
  }
}

/** Writes the records of [from, to) that are no culprits, as the sink would have. */
async function writeBefore(action: SinkAction, judges: Judges, step: PartitionStep): Promise<number> {
  const { stream, kafka } = action;
  const { partition, from, to, culprits } = step;
  if (to - from <= BigInt(culprits.length)) return 0;
  const left = new Set(culprits.map(({ record }) => record.offset));
  let written = 0;
  await scanTopic(kafka, {
    topic: stream.topic.name,
    clientId: 'perps-connect-quarantine',
    starts: new Map([[partition, from]]),
    onRecords: async (records) => {
      const wanted = records.filter(({ offset }) => offset < to && !left.has(offset));
      for (let at = 0; at < wanted.length; at += CHUNK) {
        const chunk = wanted.slice(at, at + CHUNK);
        const judgements = await judgeRecords(judges, chunk);
        const rows = judgements.flatMap((judged, index) => {
          const record = chunk[index];
          if (record === undefined || judged.kind === 'empty') return [];
          if (judged.kind === 'good') return [{ partition, offset: record.offset, values: judged.values }];
          throw new ConnectError(
            'UNSAFE',
            `${stream.topic.name}-${partition}@${record.offset} could be stored and cannot any more: ${judged.reason}`,
            { hint: 'schema or table have changed meanwhile; run `connect quarantine` again' },
          );
        });
        await judges.rows.write(rows);
        written += rows.length;
      }
      return (records.at(-1)?.offset ?? 0n) + 1n >= to ? 'enough' : undefined;
    },
  });
  return written;
}
