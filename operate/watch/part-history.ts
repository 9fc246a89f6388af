import type { PartSighting, Sighting } from './sighting.ts';
import { SHARED_PARTS, type SharedPart } from './view.ts';

/** How the shared parts have fared from look to look. */
export interface PartHistory {
  readonly ok: Readonly<Record<SharedPart, boolean>>;
  /** When a part came back, ms since 1970; undefined when it was not seen to be away. */
  backAt(part: SharedPart): number | undefined;
  /** The part that was away a moment ago, or is. */
  awayLately(): SharedPart | undefined;
}

/** A task fails up to its longest wait after its part went away. */
const LATELY_MS = 300_000;

/** Remembers the parts of each look. */
export function createPartHistory(): (parts: Sighting['parts'], at: number) => PartHistory {
  const awayAt = new Map<SharedPart, number>();
  const backAt = new Map<SharedPart, number>();
  return (parts, at) => {
    for (const part of SHARED_PARTS) {
      if (!parts[part].ok) {
        awayAt.set(part, at);
        backAt.delete(part);
      } else if (awayAt.has(part) && !backAt.has(part)) backAt.set(part, at);
    }
    const away = SHARED_PARTS.find((part) => at - (awayAt.get(part) ?? Number.NEGATIVE_INFINITY) <= LATELY_MS);
    const isOk = (part: SharedPart): PartSighting['ok'] => parts[part].ok;
    return {
      ok: { brokers: isOk('brokers'), registry: isOk('registry'), database: isOk('database'), worker: isOk('worker') },
      backAt: (part) => backAt.get(part),
      awayLately: () => away,
    };
  };
}
