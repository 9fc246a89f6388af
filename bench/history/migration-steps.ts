import type { PostgresClient } from '../../core/postgres.ts';

/** The steps of a migration, both ways. */
export interface MigrationSteps {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** Cuts the text of a migration in steps. */
export function stepsOf(migration: string): MigrationSteps {
  const [up = '', down = ''] = migration.split('-- Down Migration');
  const steps = (part: string) => part.split(/^(?=-- Step)/m).slice(1);
  return { up: steps(up), down: steps(down) };
}

/** Runs one step, as `connect migrate` does. */
export async function runStep(client: PostgresClient, sql: string): Promise<void> {
  const { rows } = await client.query<Record<string, string>>(sql);
  if (!sql.startsWith('-- Step for each row')) return;
  for (const row of rows) for (const statement of Object.values(row)) await client.query(statement);
}
