import { Option } from '@commander-js/extra-typings';
import { ConnectError } from '../../core/errors.ts';
import type { Register } from '../context.ts';
import { collect, metricsOption, ONLY, parseDuration, wholeNumber } from '../flags.ts';
import { watchLines, watchSummary } from '../render/watch.ts';

/** A record that stops a sink is the exception; more in a day have another cause. */
const DAILY_RECORDS = 10;

/** `connect watch`: looks after the sinks and says what is wrong, until it is stopped. */
export const registerWatch: Register = (program, context) => {
  program
    .command('watch')
    .description('look after the sinks: restart what a part that was away has stopped, and say what is wrong')
    .addOption(
      new Option(
        '-o, --output <format>',
        'text, or json with one event a line (default: text on a terminal, json elsewhere)',
      ).choices(['text', 'json']),
    )
    .option('-e, --env <name>', 'environment of connect.yaml')
    .option(...ONLY)
    .addOption(
      new Option('--every <duration>', 'pause between two looks').argParser(parseDuration).default(5_000, '5s'),
    )
    .option('--once', 'look, do what is to be done, and end: for cron and CI')
    .option('--dry-run', 'only say what is wrong; restart and write nothing')
    .option(
      '--quarantine [records]',
      `move a record that stops a sink to the dead letter topic, after the proof of \`connect quarantine\`; at most so many in 24 hours (default: ${DAILY_RECORDS})`,
      wholeNumber(1, 999_999),
    )
    .option('--partitions', 'keep the partitions of partitioned tables as `connect partitions apply` does, each hour')
    .option('--archive <command>', 'with --partitions: run it about each partition that leaves, before it is dropped')
    .option(
      '--notify <kind=reference>',
      'tell somebody of incidents: json, slack, pagerduty or pagerduty-eu, and a reference to the address or key; may be given several times',
      collect,
    )
    .addOption(metricsOption(9465))
    .action(async (flags) => {
      const { watch } = await import('../../app/watch.ts');
      if (flags.output === undefined && !context.isTty) context.format = 'json';
      const { once = false, dryRun = false, quarantine } = flags;
      if (flags.archive !== undefined && flags.partitions !== true)
        throw new ConnectError('USAGE', '--archive is about partitions that leave', {
          hint: 'say --partitions as well',
        });
      const session = await context.session(flags);
      const seen = await watch(session, {
        everyMs: flags.every,
        once,
        isDryRun: dryRun,
        quarantineBudget: quarantine === undefined ? 0 : quarantine === true ? DAILY_RECORDS : quarantine,
        partitions: flags.partitions === true ? { archive: flags.archive } : undefined,
        notify: flags.notify ?? [],
        metrics: flags.metrics,
        onServing: (url) => context.note(`serving ${url}/metrics, /healthz and /readyz`),
        onEvent: (event) => {
          if (context.format === 'json') context.jsonLine(event);
          else for (const line of watchLines(event)) context.print(line);
        },
      });
      if (!once) return;
      context.note(...watchSummary(seen));
      if (seen.incidents.length > 0) context.setExitCode(3);
      if (Object.values(seen.parts).includes(false)) context.setExitCode(1);
    });
};
