import type { StreamDefinition } from '../pipeline/types.ts';

/** What a sink needs on a relation that its writes touch: the table, the rollup, or the rollup's notes, which are never updated. */
export function neededPrivileges(relation: string, { table }: StreamDefinition): readonly string[] {
  if (relation === table.name) return ['SELECT', 'INSERT', 'UPDATE'];
  return relation === table.fold?.table ? ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] : ['SELECT', 'INSERT', 'DELETE'];
}
