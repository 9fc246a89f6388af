import type { Register } from '../context.ts';
import { outputCommand } from '../flags.ts';
import { upgradeLines } from '../render/upgrade.ts';

/** `connect upgrade`: brings the files of a project of an earlier version up to this one. */
export const registerUpgrade: Register = (program, context) => {
  outputCommand(program, 'upgrade')
    .description(
      'bring the files of a project up to this version: migrations that it lacks, pinned versions, comments for editors',
    )
    .option('--diff', 'show what would change, and change nothing')
    .action(async ({ diff = false }) => {
      const { applyUpgrade, planUpgrade } = await import('../../app/upgrade.ts');
      const upgrade = planUpgrade(context);
      if (!diff) applyUpgrade(upgrade);
      const { version, files, edited } = upgrade;
      const changes = files.map(({ path, origin, lines }) => ({ path, origin: origin ?? null, lines }));
      context.show({ version, written: !diff, files: changes, edited }, () => upgradeLines(upgrade, diff));
      if (files.length === 0) context.note(`the files are those of version ${version} already`);
      else if (diff) context.note('`connect upgrade` writes this');
      else
        context.note(
          'next: npm install, `connect check`; then in each environment, in this order: `connect migrate up`, `connect schemas register`, `connect deploy`, and restart the producers',
        );
    });
};
