import { randomUUID } from 'node:crypto';
import type { Draft, Findings } from './draft.ts';
import type { WatchEvent } from './event.ts';
import type { Incident } from './incident.ts';

/** The incidents of one stream, or of the parts that all share. */
export type Incidents = ReturnType<typeof createIncidents>;

type IncidentEvent = Extract<WatchEvent, { readonly incident: Incident }>;

/** What is wrong must have been over in so many looks one after the other. */
const LOOKS_TO_CLOSE = 2;

interface Open {
  readonly incident: Incident;
  readonly told: string;
  /** Looks in a row that have not seen it. */
  readonly gone: number;
}

/** An open incident as it is kept for the next watch. */
export type KeptIncident = Pick<Open, 'incident' | 'told'>;

export function createIncidents(environment: string) {
  const open = new Map<string, Open>();
  /** In how many looks in a row a draft was seen that is no incident yet. */
  const seen = new Map<string, number>();

  const keyOf = ({ stream, kind }: Pick<Draft, 'stream' | 'kind'>): string =>
    [environment, stream, kind].filter((part) => part !== undefined).join('/');

  const event = (name: IncidentEvent['event'], incident: Incident, time: string): IncidentEvent => ({
    time,
    environment,
    event: name,
    incident,
  });

  function takeDraft(draft: Draft, time: string): IncidentEvent[] {
    const key = keyOf(draft);
    const { looks = 1, told = toldOf(draft), ...content } = draft;
    const known = open.get(key);
    if (known === undefined) {
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      if (count < looks) return [];
      seen.delete(key);
      const incident = { ...content, id: randomUUID(), key, environment, openedAt: time, updatedAt: time };
      open.set(key, { incident, told, gone: 0 });
      return [event('incident.opened', incident, time)];
    }
    const isNews = told !== known.told;
    const { id, openedAt } = known.incident;
    const updatedAt = isNews ? time : known.incident.updatedAt;
    const incident = { ...content, id, key, environment, openedAt, updatedAt };
    open.set(key, { incident, told, gone: 0 });
    return isNews ? [event('incident.updated', incident, time)] : [];
  }

  function closeGone(drafts: ReadonlySet<string>, unseen: ReadonlySet<string>, time: string): IncidentEvent[] {
    const events: IncidentEvent[] = [];
    for (const [key, one] of open) {
      if (drafts.has(key) || unseen.has(one.incident.kind)) continue;
      const gone = one.gone + 1;
      if (gone < LOOKS_TO_CLOSE) open.set(key, { ...one, gone });
      else {
        open.delete(key);
        events.push(event('incident.closed', { ...one.incident, updatedAt: time }, time));
      }
    }
    for (const key of seen.keys()) if (!drafts.has(key)) seen.delete(key);
    return events;
  }

  return {
    /** Takes what a look has found: opens, updates and closes. */
    take({ drafts, unseen }: Findings, at: number): IncidentEvent[] {
      const time = new Date(at).toISOString();
      const events = drafts.flatMap((draft) => takeDraft(draft, time));
      return [...events, ...closeGone(new Set(drafts.map(keyOf)), new Set(unseen), time)];
    },
    /** Goes on with those that were open before, and with its own. */
    restore(kept: readonly KeptIncident[]): void {
      for (const { incident, told } of kept)
        if (!open.has(incident.key)) open.set(incident.key, { incident, told, gone: 0 });
    },
    /** Another one tells of them from now on. */
    forget(): void {
      open.clear();
      seen.clear();
    },
    keep: (): KeptIncident[] => [...open.values()].map(({ incident, told }) => ({ incident, told })),
    list: (): Incident[] => [...open.values()].map(({ incident }) => incident),
  };
}

const toldOf = ({ severity, record, needsPerson }: Draft): string => JSON.stringify([severity, record, needsPerson]);
