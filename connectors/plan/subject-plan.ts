import { NOTHING_ELSE, type PlanEntry } from './entry.ts';

/** What the registry says of a subject and the project's schema. */
export interface ObservedSubject {
  /** Newest version; undefined for a subject that does not exist. */
  readonly latest?: number;
  /** The version that is the project's schema. */
  readonly known?: number;
  /** What the subject is held to, or would be. */
  readonly level: string;
  /** Why the schema cannot follow the registered versions; empty when it can. */
  readonly problems: readonly string[];
}

/** Information: schemas are registered before the sink is deployed, by a command of their own. */
export function planSubject(name: string, { latest, known, level, problems }: ObservedSubject): PlanEntry {
  const rest = { ...NOTHING_ELSE, kind: 'subject', name } as const;
  const by = 'connect schemas register';
  if (latest === undefined) return { ...rest, action: 'create', summary: `new, ${level}`, by };
  if (known !== undefined) {
    const notes = known === latest ? [] : [`version ${latest} is newer than the schema of the project`];
    return { ...rest, notes, action: 'unchanged', summary: `version ${known} (${level})` };
  }
  if (problems.length > 0) {
    return {
      ...rest,
      action: 'blocked',
      summary: `not compatible with v${latest} (${level})`,
      notes: problems,
      by: 'connect schemas check',
    };
  }
  return { ...rest, action: 'update', summary: `compatible with v${latest} (${level})`, by };
}
