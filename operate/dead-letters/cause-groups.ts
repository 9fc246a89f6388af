import type { KnownLetter } from './dead-letter.ts';

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

/** What holds record ids. */
interface Ids {
  has(recordId: string): boolean;
}

/** So many groups are told apart; a cause that names a value could make one of each letter. */
const MAX_GROUPS = 1_000;
const OTHERS = { cause: 'other causes', stage: 'any' } as const;

/** Groups dead letters by cause and stage as they are read. The sets hold the record ids of what was done with them. */
export function createCauseGroups({ replayed, discarded }: { readonly replayed: Ids; readonly discarded: Ids }) {
  const groups = new Map<string, CauseGroup>();
  return {
    add({ cause, stage, name, recordId }: Pick<KnownLetter, 'cause' | 'stage' | 'name' | 'recordId'>): void {
      const id = `${cause}\u0000${stage}`;
      const isKnown = groups.has(id) || groups.size < MAX_GROUPS;
      const group = groups.get(isKnown ? id : '') ?? {
        ...(isKnown ? { cause, stage } : OTHERS),
        count: 0,
        replayed: 0,
        discarded: 0,
        first: name,
        last: name,
      };
      const isReplayed = replayed.has(recordId);
      groups.set(isKnown ? id : '', {
        ...group,
        count: group.count + 1,
        replayed: group.replayed + Number(isReplayed),
        discarded: group.discarded + Number(!isReplayed && discarded.has(recordId)),
        last: name,
      });
    },
    /** The largest group first. */
    list: (): CauseGroup[] => [...groups.values()].sort((a, b) => b.count - a.count || (a.cause < b.cause ? -1 : 1)),
  };
}
