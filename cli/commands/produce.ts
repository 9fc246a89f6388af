import { Option } from '@commander-js/extra-typings';
import type { Register } from '../context.ts';
import { metricsOption, parseDuration, parseSlot, streamCommand } from '../flags.ts';
import { unreadLines } from '../render/left-out.ts';
import { createProduceReport, summaryLines } from '../render/produce.ts';

/** `connect produce`: reads the feeds and publishes their updates until it is stopped, or up to a slot. */
export const registerProduce: Register = (program, context) => {
  streamCommand(program, 'produce')
    .description('read the feeds and publish their updates to Kafka, from where the last run stopped')
    .option('--from-slot <slot>', 'start at this slot instead of at the checkpoint', parseSlot)
    .option(
      '--until-slot <slot>',
      'publish up to this slot, itself included, and end: 0 when all of it is in Kafka, 3 when not; with --from-slot the resume point stays where it is',
      parseSlot,
    )
    .addOption(
      new Option('--overlap <slots>', 'slots before the resume point that are read again')
        .argParser(parseSlot)
        .default(32n, '32'),
    )
    .option(
      '--accept-gap',
      'leave out slots that the feed no longer has, and record the gap; without this flag that is an error',
    )
    .option('--end-with-feed', 'end when the feed ends its stream, instead of connecting again')
    .addOption(
      new Option(
        '--commitment <level>',
        'how final an update must be; nothing undoes what a fork took back at processed',
      )
        .choices(['processed', 'confirmed', 'finalized'])
        .default('finalized'),
    )
    .addOption(
      new Option('--silence <duration>', 'connect again if neither an update nor a new slot comes for this long')
        .argParser(parseDuration)
        .default(30_000, '30s'),
    )
    .addOption(
      new Option('--compression <codec>', 'compression of the batches').choices(['none', 'gzip']).default('none'),
    )
    .addOption(metricsOption(9464))
    .action(async (flags) => {
      const { produce } = await import('../../app/produce.ts');
      const { fromSlot, untilSlot, commitment, compression, acceptGap, endWithFeed } = flags;
      const session = await context.session(flags);
      context.note(...unreadLines(session.streams));
      const report = await createProduceReport(context);
      const streams = await produce(session, {
        fromSlot,
        untilSlot,
        overlapSlots: flags.overlap,
        acceptGap,
        endWithFeed,
        commitment,
        silenceMs: flags.silence,
        compression,
        metrics: flags.metrics,
        onServing: report.onServing,
        loggerOf: report.loggerOf,
        onProgress: report.onProgress,
      }).finally(report.close);
      if (streams.some(({ missing = [] }) => missing.length > 0)) context.setExitCode(3);
      context.answer(session, { streams }, () => streams.flatMap(summaryLines));
    });
};
