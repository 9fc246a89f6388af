import type { AppliedStep, ListedPartitions, PlannedPartition, PlannedPartitions } from '../../app/partitions.ts';
import { count, noun, table } from '../format.ts';

/** What would be done to one table. */
export function plannedLines({ table: name, steps, unplaceable }: PlannedPartitions): string[] {
  return [
    ...(steps.length === 0 ? [`= ${name}  nothing is to be done`] : steps.map(stepLine)),
    ...(unplaceable === 0n
      ? []
      : [
          `! ${name}  ${count(unplaceable)} ${noun(unplaceable, 'row')} of the default partition have a time that no partition can be made for, such as infinity`,
        ]),
  ];
}

/** So many rows are moved in about a second, and what would write into the default partition waits so long. */
const MOVED_A_SECOND = 20_000n;

function stepLine({ kind, name, from, to, rows }: PlannedPartition): string {
  const times = `${day(from)} to ${day(to)}`;
  if (kind === 'create') {
    if (rows === 0n) return `+ ${name}  ${times}`;
    const seconds = rows / MOVED_A_SECOND + 1n;
    return `+ ${name}  ${times}, with ${count(rows)} ${noun(rows, 'row')} of the default partition, which is locked for about ${seconds} s`;
  }
  const size = `about ${count(rows)} ${noun(rows, 'row')}`;
  return kind === 'leave'
    ? `- ${name}  ${times}, ${size}: older than keep`
    : `- ${name}  ${times}, ${size}: has left the table, and is dropped`;
}

/** What became of one partition. */
export function appliedLine({ name, outcome, lockedMs, attempts, error }: AppliedStep): string {
  const tries = attempts === 1 ? '' : `, in ${attempts} tries`;
  if (outcome === 'detached') return `✗ ${name}  is detached, and kept: ${error ?? 'it waits for its archive'}`;
  const sign = outcome === 'created' ? '+' : '-';
  return `${sign} ${name}  ${outcome}; locks held for ${Math.ceil(lockedMs)} ms${tries}`;
}

/** The partitions of one table. */
export const listedLines = ({ table: name, partitions }: ListedPartitions): string[] => [
  name,
  ...table([
    ['PARTITION', 'FROM', 'TO', 'ROWS', 'MB', 'STATE'],
    ...partitions.map((one) => [
      one.name,
      one.state === 'default' ? '' : day(one.from),
      one.state === 'default' ? '' : day(one.to),
      `${one.state === 'default' ? '' : '~'}${count(one.rows)}`,
      (Number(one.bytes) / 1_000_000).toFixed(1),
      one.state,
    ]),
  ]),
];

/** `2026-11-29` for a midnight. */
const day = (instant: string | undefined): string => instant?.replace('T00:00:00.000Z', '') ?? '…';
