import { ConnectError } from '../../core/errors.ts';
import { scanTopic } from '../../core/kafka-scan.ts';
import { inChunks } from '../in-chunks.ts';
import { type Judges, judgeRecords } from '../judge-records.ts';
import { readPositions } from '../offset-positions.ts';
import { placeOf } from '../record-place.ts';
import { setOffsets } from '../reset-offsets.ts';
import type { SinkAction } from '../sink-action.ts';
import { copyToDeadLetters, type MovedRecord, type Proof } from './copy-to-dead-letters.ts';
import { type PartitionStep, planSteps } from './quarantine-plan.ts';

const CHUNK = 1_000;

/**
 * On a stopped sink: proves the culprits once more, writes what stands in front of them, copies them to the dead-letter topic,
 * then sets the offsets behind them. In this order a run that is killed at any point may be repeated: rows are upserted,
 * dead letters are written once, and the offsets, which make it final, come last.
 * Errors: UNSAFE when a culprit is none any more; those of database, registry and target.
 */
export async function stepOver(
  action: SinkAction,
  judges: Judges,
  found: Proof & { readonly steps: readonly PartitionStep[] },
): Promise<{ moved: MovedRecord[]; written: number }> {
  // The tasks that still ran have committed since, but cannot have passed a culprit.
  const steps = planSteps(
    await readPositions(action),
    found.steps.flatMap(({ culprits }) => culprits),
  );
  const culprits = steps.flatMap((step) => step.culprits);
  const again = await judgeRecords(
    judges,
    culprits.map(({ record }) => record),
  );
  for (const { record, judgement } of again) {
    if (judgement.kind === 'does-not-decode' || judgement.kind === 'refused-by-database') continue;
    const message = `${placeOf(action.stream, record)} can be stored by now; it stays`;
    const hint = 'schema or table have changed meanwhile; run `connect restart --failed`';
    throw new ConnectError('UNSAFE', message, { hint });
  }
  /** Records in front of the culprits that were written here. */
  let written = 0;
  for (const step of steps) written += await writeBefore(action, judges, step);
  const moved = await copyToDeadLetters(action, culprits, found);
  if (steps.length > 0) await setOffsets(action, new Map(steps.map(({ partition, to }) => [partition, to])));
  return { moved, written };
}

/** Writes the records of a step that are no culprits, as the sink would have, and counts them. */
async function writeBefore(
  { stream, kafka }: SinkAction,
  judges: Judges,
  { partition, from, to, culprits }: PartitionStep,
): Promise<number> {
  if (to - from <= BigInt(culprits.length)) return 0;
  const leftOut = new Set(culprits.map(({ record }) => record.offset));
  let written = 0;
  await scanTopic(kafka, {
    topic: stream.topic.name,
    clientId: 'perps-connect-quarantine',
    starts: new Map([[partition, from]]),
    ends: new Map([[partition, to]]),
    onRecords: async (records) => {
      const wanted = records.filter(({ offset }) => !leftOut.has(offset));
      for (const chunk of inChunks(wanted, CHUNK)) {
        const rows = (await judgeRecords(judges, chunk)).flatMap(({ record, judgement }) => {
          if (judgement.kind === 'empty') return [];
          if (judgement.kind === 'good') return [{ partition, offset: record.offset, values: judgement.values }];
          const message = `${placeOf(stream, record)} could be stored and cannot any more: ${judgement.reason}`;
          const hint = 'schema or table have changed meanwhile; run `connect quarantine` again';
          throw new ConnectError('UNSAFE', message, { hint });
        });
        await judges.rows.write(rows);
        written += rows.length;
      }
    },
  });
  return written;
}
