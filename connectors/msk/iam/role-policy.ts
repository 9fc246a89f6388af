import type { StreamDefinition } from '../../../pipeline/types.ts';
import { COMMANDS, ROLES, type Role } from './commands.ts';
import { dependentStatements } from './dependent-actions.ts';
import { scopeOf, statementsFor } from './needs.ts';
import { type MskEnvironment, type PolicyDocument, policy } from './policy.ts';

/** What a role may do: what its commands ask for, about its own connectors, topics and groups, and nothing else. */
export function rolePolicy(
  role: Role,
  environment: MskEnvironment,
  streams: readonly StreamDefinition[],
): PolicyDocument {
  const scope = scopeOf(environment, streams);
  const needs = ROLES[role].flatMap((command) => COMMANDS[command]);
  const asks = (action: string): boolean => needs.some(({ actions }) => actions.includes(action));
  return policy([...statementsFor(scope, needs), ...dependentStatements(scope, asks)]);
}

/** AWS counts a policy's characters without white space. What to do where a policy is longer. */
const LIMITS = [
  { what: 'a managed policy', limit: 6_144, instead: 'put it into the role itself (`aws iam put-role-policy`)' },
  { what: "a role's own policies together", limit: 10_240, instead: 'split it by --only, and the role too' },
] as const;
const NEARLY = 0.9;

/** What the size of a policy keeps one from; empty when it is far from every limit. */
export function sizeNotes(role: string, document: PolicyDocument): string[] {
  const size = JSON.stringify(document).length;
  return LIMITS.flatMap(({ what, limit, instead }) => {
    if (size <= limit * NEARLY) return [];
    const over = size > limit ? 'too many for' : 'near the limit of';
    return [`the policy of ${role} has ${size} characters, ${over} ${what} (${limit}): ${instead}`];
  });
}
