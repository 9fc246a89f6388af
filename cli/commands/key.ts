import type { Register } from '../context.ts';
import { outputCommand } from '../flags.ts';
import { keyMigrationLines } from '../render/key.ts';

/** `connect key migration`. */
export const registerKey: Register = (program, context) => {
  const key = program.command('key').description('give the table of a stream another upsert key');

  outputCommand(key, 'migration')
    .description(
      'write the migration that gives the table of a stream the upsert key that its definition names, and back',
    )
    .argument('<stream>')
    .action(async (name) => {
      const { writeKeyMigration } = await import('../../app/key-migration.ts');
      const migration = await writeKeyMigration(context, name);
      context.show(migration, () => keyMigrationLines(migration));
      context.note('docs/scale.md says in which order it is run: delete the sink, migrate, deploy');
    });
};
