import type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
import { withoutAllowed } from './allowances.ts';
import { roleDrift } from './drift/guards.ts';
import type { LiveDatabase } from './live-database.ts';
import { loadContract } from './load-contract.ts';
import { NO_MIGRATIONS } from './migrated-catalog.ts';
import type { BrokenRule } from './rule.ts';
import { guardRules } from './rules/table-guards.ts';

/**
 * What keeps rows of a stream from being written as they are sent, by the rules for tables as the database has them. Takes no
 * migrations, and so no time. Errors: INVALID_DEFINITION.
 */
export function judgeDatabase(
  project: Project,
  stream: StreamDefinition,
  environment: Environment,
  { catalog, roles }: LiveDatabase,
): readonly BrokenRule[] {
  const contract = loadContract(project, stream, { ...NO_MIGRATIONS, catalog });
  const role = roles.get(stream.name);
  const where = `the database ${environment.database.name}`;
  return withoutAllowed(stream, [
    ...guardRules.flatMap((rule) => [...rule.check(contract)].map((one) => ({ rule: rule.id, ...one }))),
    ...(role === undefined ? [] : roleDrift(contract, environment.worker.databaseUrl, role, where)),
  ]);
}
