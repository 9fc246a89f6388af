import { type Command, Option } from 'commander';
import { PROFILE_NAMES, type ProfileName } from '../../producer/simulator/market/profiles.ts';
import type { CliContext } from '../context.ts';
import { positiveNumber, type StreamFlags, wholeNumber, withStreamFlags } from '../flags.ts';
import { count } from '../format.ts';

interface SimulateFlags extends StreamFlags {
  readonly host: string;
  readonly port?: number;
  readonly seed: number;
  readonly updates?: number;
  readonly rate?: number;
  readonly faulty?: number;
  readonly profile: ProfileName;
  readonly replayWindow?: number;
  readonly oracle?: string;
}

const ANY_NUMBER = wholeNumber(0, 999_999_999_999_999);

/** `connect simulate`: simulated feeds on a real gRPC server, until Ctrl-C. */
export function registerSimulate(program: Command, context: CliContext): void {
  withStreamFlags(
    program
      .command('simulate')
      .description('serve simulated feeds over gRPC until Ctrl-C: a deterministic market, the same for the same seed'),
  )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', "port to listen on; default: that of the environment's feed", ANY_NUMBER)
    .option('--seed <number>', 'which market', ANY_NUMBER, 42)
    .option('--updates <number>', 'end each feed after so many updates; default: never', ANY_NUMBER)
    .option('--rate <per second>', 'updates a second, read or not; default: as fast as they are read', positiveNumber)
    .option('--faulty <number>', 'so many of the updates are ones that no table can hold', ANY_NUMBER)
    .addOption(
      new Option(
        '--profile <mix>',
        'market: some of everything; flood: nearly all PNL_UPDATE; worst-case: every update moves an index',
      )
        .choices([...PROFILE_NAMES])
        .default('market'),
    )
    .option('--replay-window <slots>', 'how far back a reader may start; default: from the beginning', ANY_NUMBER)
    .option('--oracle <folder>', 'write down what was sent, one <stream>.ndjson each, for `connect verify --oracle`')
    .action(async (flags: SimulateFlags) => {
      const [{ selectEnvironment, selectStreams }, { startSimulator }, { simulatedStreams }] = await Promise.all([
        import('../../pipeline/load.ts'),
        import('../../producer/simulator/feed-server.ts'),
        import('../simulated-streams.ts'),
      ]);
      const project = await context.loadProject();
      const environment = selectEnvironment(project, flags.env);
      const streams = selectStreams(project, flags.only);
      const simulator = await startSimulator({
        host: flags.host,
        port: flags.port ?? portOf(environment.feed.address),
        seed: flags.seed,
        ...(flags.updates === undefined ? {} : { updates: flags.updates }),
        ...(flags.rate === undefined ? {} : { ratePerSecond: flags.rate }),
        ...(flags.faulty === undefined ? {} : { faulty: flags.faulty }),
        profile: flags.profile,
        ...(flags.replayWindow === undefined ? {} : { replayWindowSlots: flags.replayWindow }),
        streams: simulatedStreams(context, project, streams, flags.oracle),
      });
      try {
        const services = streams.map(({ feed }) => feed.service);
        if (flags.output === 'json') context.json({ address: simulator.address, services });
        else for (const service of services) context.print(`${simulator.address}  ${service}`);
        const length = flags.updates === undefined ? 'without an end' : `${count(flags.updates)} updates each`;
        context.note(`seed ${flags.seed}, ${length}; serving until Ctrl-C`);
        await untilInterrupted(simulator.done, context);
      } finally {
        await simulator.close();
        context.note(`sent ${count(simulator.sent())} updates`);
      }
    });
}

/** Says when everything has been sent, but goes on for those who replay. Rejects when the oracle cannot be written. */
async function untilInterrupted(done: Promise<void>, { signal, note }: CliContext): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    done.then(() => {
      if (!signal.aborted) note('every update has been sent once; still serving replays');
    }, reject);
  });
}

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));
