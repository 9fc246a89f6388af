import { readMigrationStatus } from '../../../migrations/runner.ts';
import { projectFile } from '../../../pipeline/load.ts';
import { broken, type Check, ok, warning } from '../check.ts';

const REMEDY = 'run `connect migrate up`';

/** The database has the migrations of the files, and no others. */
export const postgresMigrations: Check<'project' | 'database'> = {
  name: 'postgres.migrations',
  needs: ['postgres'],
  async run({ project, database }) {
    const { applied, pending, problem } = await readMigrationStatus(database, projectFile(project, 'migrations'));
    if (problem !== undefined) {
      return [broken(database.database, problem.message, problem.hint ?? 'put the files back as they ran')];
    }
    const all = applied.length + pending.length;
    if (pending.length === 0) return [ok(database.database, `${all} of ${all} migrations applied`)];
    if (applied.length === 0) return [broken(database.database, 'no migration has run: there is no table', REMEDY)];
    return [warning(database.database, `pending: ${pending.join(', ')}`, REMEDY)];
  },
};
