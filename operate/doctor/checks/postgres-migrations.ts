import { ConnectError } from '../../../core/errors.ts';
import { migrationStatus } from '../../../migrations/runner.ts';
import { projectFile } from '../../../pipeline/load.ts';
import { broken, type Check, ok, warning } from '../check.ts';

const REMEDY = 'run `connect migrate up`';

/** The database has the migrations of the files, and no others. */
export const postgresMigrations: Check<'project' | 'database'> = {
  name: 'postgres.migrations',
  needs: ['postgres'],
  async run({ project, database }) {
    try {
      const { applied, pending } = await migrationStatus(database, projectFile(project, 'migrations'));
      const all = applied.length + pending.length;
      if (pending.length === 0) return [ok(database.database, `${all} of ${all} migrations applied`)];
      if (applied.length === 0) return [broken(database.database, 'no migration has run: there is no table', REMEDY)];
      return [warning(database.database, `pending: ${pending.join(', ')}`, REMEDY)];
    } catch (error) {
      if (!(error instanceof ConnectError) || error.code !== 'UNSAFE') throw error;
      return [broken(database.database, error.message, error.hint ?? 'put the files back as they ran')];
    }
  },
};
