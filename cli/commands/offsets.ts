import type { Command } from 'commander';
import type { ResetPlan } from '../../operate/reset-offsets.ts';
import type { WhileStopped } from '../../operate/while-stopped.ts';
import type { CliContext } from '../context.ts';
import { type SinkFlags, withSinkFlags } from '../flags.ts';
import type { SinkOffsets } from '../render/offsets.ts';
import { selectSinks } from '../sink-action.ts';

interface ResetFlags extends SinkFlags {
  readonly to: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `connect offsets get|reset`. */
export function registerOffsets(program: Command, context: CliContext): void {
  const offsets = program.command('offsets').description('show or change the offsets from which the sinks read on');

  withSinkFlags(
    offsets.command('get').description('show committed offsets, lag, and slot and time of the record that comes next'),
  ).action((flags: SinkFlags) => get(context, flags));

  withSinkFlags(
    offsets
      .command('reset')
      .description('make the sinks read on from another place; a running sink is stopped for it and started again'),
  )
    .requiredOption(
      '--to <place>',
      'earliest, latest, a publishing time (2026-01-31T08:00:00Z) or a slot (slot:250000000; reads the topic up to it)',
    )
    .option('--dry-run', 'only show what would change')
    .option('--yes', 'do it without asking; needed to leave records out')
    .action((flags: ResetFlags) => reset(context, flags));
}

async function decoderOf(context: CliContext, { project, environment }: Awaited<ReturnType<typeof selectSinks>>) {
  const [{ createRecordDecoder }, { registryConnection }] = await Promise.all([
    import('../../schemas/record-decoder.ts'),
    import('../../pipeline/connections.ts'),
  ]);
  return createRecordDecoder(registryConnection(environment, context.secrets(project)));
}

async function get(context: CliContext, flags: SinkFlags): Promise<void> {
  const [{ readNextRecords, readPositions }, { ConnectError }, { offsetLines }] = await Promise.all([
    import('../../operate/offset-positions.ts'),
    import('../../core/errors.ts'),
    import('../render/offsets.ts'),
  ]);
  const sinks = await selectSinks(context, flags);
  const decoder = await decoderOf(context, sinks);
  const streams: SinkOffsets[] = [];
  for (const action of sinks.actions) {
    const positions = await readPositions(action);
    let unread: string | undefined;
    const next = await readNextRecords(action, positions, decoder).catch((error: unknown) => {
      unread = ConnectError.from(error).message;
      return undefined;
    });
    const sink = {
      connector: action.stream.sink.name,
      topic: action.stream.topic.name,
      partitions: positions.map((position) => ({ ...position, next: next?.get(position.partition) })),
      ...(unread === undefined ? {} : { unread }),
    };
    streams.push(sink);
    if (flags.output === 'text') for (const line of offsetLines(sink)) context.print(line);
    if (unread !== undefined) {
      context.note(`✗ the next records cannot be read: ${unread}`);
      context.setExitCode(1);
    }
  }
  if (flags.output === 'json') context.json({ environment: sinks.environment.name, streams });
}

interface ResetStream extends ResetPlan, Partial<WhileStopped> {
  readonly connector: string;
  readonly topic: string;
  readonly outcome: 'reset' | 'unchanged' | 'planned';
}

async function reset(context: CliContext, flags: ResetFlags): Promise<void> {
  const [{ readPositions }, { findOffsets, parseOffsetTarget }, { planReset, resetOffsets }, { planLines }] =
    await Promise.all([
      import('../../operate/offset-positions.ts'),
      import('../../operate/offset-target.ts'),
      import('../../operate/reset-offsets.ts'),
      import('../render/offsets.ts'),
    ]);
  const to = parseOffsetTarget(flags.to);
  const sinks = await selectSinks(context, flags);
  const decoder = await decoderOf(context, sinks);
  const streams: ResetStream[] = [];
  for (const action of sinks.actions) {
    const connector = action.stream.sink.name;
    const topic = action.stream.topic.name;
    if (to.kind === 'slot') context.note(`searching ${topic} for slot ${to.slot} from its oldest record on`);
    const positions = await readPositions(action);
    const plan = planReset(positions, await findOffsets(action, to, positions, decoder));
    const say = flags.output === 'text' ? context.print : context.note;
    for (const line of planLines(connector, topic, plan)) say(line);
    const known = { connector, topic, ...plan };
    if (plan.moves.length === 0 || flags.dryRun === true) {
      streams.push({ ...known, outcome: plan.moves.length === 0 ? 'unchanged' : 'planned' });
      continue;
    }
    await agree(context, connector, plan, flags);
    const result = await resetOffsets(action, plan);
    streams.push({ ...known, outcome: 'reset', ...result });
    context.note(`${connector} reads on from there; it is ${result.state}`);
  }
  if (flags.output === 'json') context.json({ environment: sinks.environment.name, to: flags.to, streams });
}

/** A rewind is asked for; leaving records out takes more than a yes typed in passing. */
async function agree(context: CliContext, connector: string, { again, skipped }: ResetPlan, flags: ResetFlags) {
  if (skipped > 0n && flags.yes !== true) {
    const { ConnectError } = await import('../../core/errors.ts');
    throw new ConnectError(
      'USAGE',
      `${connector} would leave out ${skipped} ${skipped === 1n ? 'record' : 'records'}; nothing was changed`,
      { details: { connector, skipped }, hint: 'say --yes to leave them out of the table' },
    );
  }
  const { confirm } = await import('../confirm.ts');
  await confirm(context, `stop ${connector} and let it read ${again} records again`, flags.yes === true);
}
