import { NOTHING_ELSE, type PlanEntry } from './entry.ts';

/** Names of migrations, oldest first. `problem`: the database's history is not that of the files. */
export interface ObservedMigrations {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  readonly problem?: string | undefined;
  /** Why the database could not be asked. */
  readonly unknown?: string | undefined;
}

/** Information: a deploy does not migrate, because a migration cannot be rolled back together with a connector. */
export function planMigrations({ applied, pending, problem, unknown }: ObservedMigrations): PlanEntry {
  const total = applied.length + pending.length;
  const rest = { ...NOTHING_ELSE, kind: 'migrations', name: '' } as const;
  if (unknown !== undefined) {
    return { ...rest, action: 'unknown', summary: `unknown, because ${unknown}`, by: 'connect migrate status' };
  }
  if (problem !== undefined) {
    return { ...rest, action: 'blocked', summary: problem, by: 'connect migrate status' };
  }
  if (pending.length === 0) {
    return { ...rest, action: 'unchanged', summary: `${applied.length} of ${total} applied` };
  }
  return {
    ...rest,
    action: 'update',
    summary: `${applied.length} of ${total} applied; pending: ${pending.join(', ')}`,
    by: 'connect migrate up',
  };
}
