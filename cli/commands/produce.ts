import { type Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { parseDuration, parseSlot, type StreamFlags, withStreamFlags } from '../flags.ts';

export interface ProduceFlags extends StreamFlags {
  readonly fromSlot?: bigint;
  readonly overlap: bigint;
  readonly acceptGap?: boolean;
  readonly endWithFeed?: boolean;
  readonly commitment: 'processed' | 'confirmed' | 'finalized';
  readonly silence: number;
  readonly compression: 'none' | 'gzip';
}

/** `connect produce`: reads the feeds and publishes their updates until it is stopped. */
export function registerProduce(program: Command, context: CliContext): void {
  withStreamFlags(
    program
      .command('produce')
      .description('read the feed of each stream and publish its updates, from where the last run ended'),
  )
    .option('--from-slot <slot>', 'start at this slot instead of at the checkpoint', parseSlot)
    .addOption(
      new Option('--overlap <slots>', 'slots before the resume point that are read again')
        .argParser(parseSlot)
        .default(32n, '32'),
    )
    .option(
      '--accept-gap',
      'leave out slots that the feed no longer has, and record the gap; without it that is an error',
    )
    .option('--end-with-feed', 'end when the feed ends its stream, instead of connecting again')
    .addOption(
      new Option('--commitment <level>', 'how final an update must be')
        .choices(['processed', 'confirmed', 'finalized'])
        .default('confirmed'),
    )
    .addOption(
      new Option('--silence <duration>', 'connect again when neither update nor new slot came for so long')
        .argParser(parseDuration)
        .default(30_000, '30s'),
    )
    .addOption(
      new Option('--compression <codec>', 'compression of the batches').choices(['none', 'gzip']).default('none'),
    )
    .action(async (flags: ProduceFlags) => {
      const [{ produceStreams }, { selectEnvironment, selectStreams }] = await Promise.all([
        import('../produce-streams.ts'),
        import('../../pipeline/load.ts'),
      ]);
      const project = await context.loadProject();
      const environment = selectEnvironment(project, flags.env);
      const streams = selectStreams(project, flags.only);
      if (flags.fromSlot !== undefined && streams.length > 1) {
        const { ConnectError } = await import('../../core/errors.ts');
        throw new ConnectError('USAGE', '--from-slot is the slot of one stream, and several streams are selected', {
          hint: `add --only with one of ${streams.map(({ name }) => name).join(', ')}`,
        });
      }
      const summaries = await produceStreams({ context, project, environment, streams, flags });
      if (flags.output === 'json') context.json({ environment: environment.name, streams: summaries });
      else {
        const { summaryLines } = await import('../render-produce.ts');
        for (const line of summaries.flatMap(summaryLines)) context.print(line);
      }
    });
}
