import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { confirm } from '../confirm.ts';
import type { Register } from '../context.ts';
import { outputCommand, streamCommand, YES } from '../flags.ts';
import { lookupLines } from '../render/key.ts';
import { appliedLine, listedLines, plannedLines } from '../render/partitions.ts';

/** `connect partitions plan|apply|list|migration`. */
export const registerPartitions: Register = (program, context) => {
  const partitions = program
    .command('partitions')
    .description('keep the partitions of partitioned tables: make them ahead, and let go what is older than `keep`');

  streamCommand(partitions, 'plan')
    .description('show which partitions would be made, emptied into and dropped; changes nothing')
    .addOption(sinceOption())
    .option('--check', 'end with exit code 2 if anything is to be done')
    .action(async ({ from, check = false, ...flags }) => {
      const { planPartitions } = await import('../../app/partitions.ts');
      const session = await context.session(flags);
      const streams = await planPartitions(session, { since: from });
      context.answer(session, { streams }, () => streams.flatMap(plannedLines));
      if (check && streams.some(({ steps }) => steps.length > 0)) context.setExitCode(2);
    });

  streamCommand(partitions, 'apply')
    .description('make partitions ahead, empty the default one, and drop what is older than `keep`; sinks go on')
    .addOption(sinceOption())
    .option(
      '--archive <command>',
      'run it about each partition that has left, before it is dropped; it gets PERPS_PARTITION_SCHEMA, _TABLE, _FROM and _TO',
    )
    .option(...YES)
    .action(async ({ from, archive, yes, ...flags }) => {
      const { applyPartitions } = await import('../../app/partitions.ts');
      const session = await context.session(flags);
      const streams = await applyPartitions(session, {
        since: from,
        archive,
        onPlan: (plan) => context.tell(plannedLines(plan)),
        agree: ({ table, steps }) => confirm(context, `do these ${steps.length} to ${table}`, yes),
        onWait: (table, holders) => context.note(`waits for a lock on ${table}, held by ${holders}`),
        onArchiveLine: (line) => context.note(`  ${line}`),
        onStep: (step) => context.note(appliedLine(step)),
      });
      context.answer(session, { streams });
      if (streams.some(({ steps }) => steps.some(({ error }) => error !== undefined))) context.setExitCode(1);
    });

  streamCommand(partitions, 'list')
    .description('show the partitions with their times, rows and bytes')
    .action(async (flags) => {
      const { listPartitions } = await import('../../app/partitions.ts');
      const session = await context.session(flags);
      const streams = await listPartitions(session);
      context.answer(session, { streams }, () => streams.flatMap(listedLines));
    });

  outputCommand(partitions, 'migration')
    .description(
      'write the migration that makes the table of a stream what its definition says of partitions, and back',
    )
    .argument('<stream>')
    .action(async (name) => {
      const { writePartitionMigration } = await import('../../app/partition-migration.ts');
      const migration = await writePartitionMigration(context, name);
      context.show(migration, () => [`+ ${migration.path}`, ...lookupLines(migration.lookups)]);
      context.note('docs/partitions.md says in which order it is run: delete the sink, migrate, deploy');
    });
};

const sinceOption = () =>
  new Option('--from <date>', 'make partitions from this UTC day on as well, for a backfill: 2026-01-31').argParser(
    parseDay,
  );

function parseDay(text: string): Date {
  const day = new Date(`${text}T00:00:00Z`);
  // The 31st of a shorter month would be a day of the next one.
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) return day;
  throw new InvalidArgumentError('a day is YYYY-MM-DD.');
}
