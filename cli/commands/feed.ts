import { Option } from '@commander-js/extra-typings';
import { ConnectError } from '../../core/errors.ts';
import { ask } from '../ask.ts';
import type { Register } from '../context.ts';
import { pairs, parseDecimal, parsePosition, parseTime } from '../feed-flags.ts';
import { askMethod, askRest } from '../feed-questions.ts';
import { environmentCommand, parseDuration } from '../flags.ts';
import { methodLines } from '../render/feed.ts';

/** `connect feed inspect [ADDRESS]`: what a feed serves, and the draft of a stream that one of its methods fills. */
export const registerFeed: Register = (program, context) => {
  const feed = program.command('feed').description('what a gRPC service serves, and a stream from one of its methods');
  environmentCommand(feed, 'inspect')
    .description(
      'list the methods of a service; with --method and --stream, write a stream that passes `connect check`',
    )
    .argument('[address]', 'host:port of a service with server reflection')
    .option(
      '--descriptor-set <file>',
      'read this instead: protoc --include_imports --descriptor_set_out, or buf build -o',
    )
    .option('--tls', 'speak TLS')
    .option('--token <reference>', "a reference to the feed's token: $" + '{env:NAME}')
    .option('--metadata <name=value>', 'a header to send; its value may be a reference', pairs(String))
    .option('--insecure', 'send token or metadata in clear text')
    .addOption(
      new Option('--timeout <duration>', 'how long to wait for all answers')
        .argParser(parseDuration)
        .default(10_000, '10s'),
    )
    .option('--method <name>', 'the method that streams updates: pkg.Service/Method, or as much of it as says it')
    .option('--stream <name>', 'write a stream of this name')
    .option('--update <path>', 'the field of the answer that is the update; . for the answer itself')
    .option('--key <field...>', 'fields that tell updates apart; the first is the key of the records')
    .option(
      '--position <position>',
      'how the feed is resumed: slot=FIELD, cursor=FIELD[:FIELD_OF_REQUEST] or none',
      parsePosition,
    )
    .option('--time <field=unit>', 'a number is a time, counted since 1970 in this unit', pairs(parseTime))
    .option(
      '--decimal <field=precision,scale>',
      'a text or a whole number is an amount; the number times 10^-scale',
      pairs(parseDecimal),
    )
    .option('--dry-run', 'print the files instead of writing them')
    .action(async (address, flags) => {
      const { inspectFeed, draftFeedStream } = await import('../../app/inspect-feed.ts');
      const { key, position, update, dryRun = false, ...source } = flags;
      const answers = {
        key: key?.flatMap((one) => one.split(',')),
        position,
        update,
        times: flags.time,
        decimals: flags.decimal,
      };
      const catalog = await inspectFeed(context, { ...source, address, timeoutMs: flags.timeout });
      const method = flags.method ?? (flags.stream === undefined ? undefined : await askMethod(context, catalog));
      if (method === undefined) {
        context.show({ methods: catalog.methods }, () => methodLines(catalog.methods));
        context.note('Next: write a stream from one of them with --method SERVICE/METHOD --stream NAME --key FIELD');
        return;
      }
      const stream = flags.stream ?? (context.isTty ? await ask(context, 'name of the stream: ') : undefined);
      if (stream === undefined)
        throw new ConnectError('USAGE', '--method needs --stream NAME, by which the files are called');
      const all = context.isTty ? await askRest(context, catalog, method, answers) : answers;
      const files = draftFeedStream(context, catalog, { method, stream, dryRun, ...all });
      context.show({ stream, written: !dryRun, files }, () =>
        dryRun ? files.flatMap(({ path, text }) => [`--- ${path}`, text]) : files.map(({ path }) => `+ ${path}`),
      );
      context.note(
        `read the comments in connectors/${stream}.yaml: they say what was chosen for you. Then: connect check`,
      );
    });
};
