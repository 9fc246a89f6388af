import type { Command } from 'commander';
import type { VerifyReport } from '../../operate/verify-report.ts';
import type { CliContext } from '../context.ts';
import { parseDuration, type StreamFlags, withStreamFlags } from '../flags.ts';
import { verifyLines } from '../render-verify.ts';

interface VerifyFlags extends StreamFlags {
  readonly oracle?: string;
  readonly wait?: number;
}

/** `connect verify`: exit 0 when every stream is exact, 3 when anything differs. */
export function registerVerify(program: Command, context: CliContext): void {
  withStreamFlags(
    program
      .command('verify')
      .description('prove that every record of the topic is in the table, equal to the last digit; exit 3 if not'),
  )
    .option('--oracle <folder>', 'compare as well with what the simulator wrote there (<stream>.ndjson)')
    .option('--wait <duration>', 'let the sinks catch up first, at most this long', parseDuration)
    .action(async (flags: VerifyFlags) => {
      const [{ verifyStreams }, { selectEnvironment, selectStreams }] = await Promise.all([
        import('../verify-streams.ts'),
        import('../../pipeline/load.ts'),
      ]);
      const project = await context.loadProject();
      const environment = selectEnvironment(project, flags.env);
      const reports = await verifyStreams(context, project, environment, selectStreams(project, flags.only), {
        ...(flags.oracle === undefined ? {} : { oracleFolder: flags.oracle }),
        ...(flags.wait === undefined ? {} : { waitMs: flags.wait }),
      });
      if (flags.output === 'json') context.json({ environment: environment.name, streams: reports });
      else for (const report of reports) for (const line of verifyLines(report)) context.print(line);
      if (reports.some((report: VerifyReport) => report.differences > 0)) context.setExitCode(3);
    });
}
