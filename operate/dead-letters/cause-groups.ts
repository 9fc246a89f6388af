import type { DeadLetter } from './dead-letter.ts';

/** The dead letters of one cause and stage. */
export interface CauseGroup {
  readonly cause: string;
  readonly stage: string;
  readonly count: number;
  readonly replayed: number;
  readonly discarded: number;
  /** The names of the oldest and the newest. */
  readonly first: string;
  readonly last: string;
}

/** Groups dead letters by cause and stage, the largest group first. The sets hold the record ids of what was done with them. */
export function groupByCause(
  deadLetters: readonly DeadLetter[],
  { replayed, discarded }: { readonly replayed: ReadonlySet<string>; readonly discarded: ReadonlySet<string> },
): CauseGroup[] {
  const groups = new Map<string, CauseGroup>();
  for (const { cause, stage, name, recordId } of deadLetters) {
    const id = `${cause}\u0000${stage}`;
    const group = groups.get(id) ?? { cause, stage, count: 0, replayed: 0, discarded: 0, first: name, last: name };
    const isReplayed = replayed.has(recordId);
    groups.set(id, {
      ...group,
      count: group.count + 1,
      replayed: group.replayed + Number(isReplayed),
      discarded: group.discarded + Number(!isReplayed && discarded.has(recordId)),
      last: name,
    });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || (a.cause < b.cause ? -1 : 1));
}
