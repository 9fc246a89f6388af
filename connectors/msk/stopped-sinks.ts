import { ConnectError } from '../../core/errors.ts';
import type { Scrub } from '../../core/scrub.ts';
import type { OffsetApi } from '../host.ts';
import type { SinkGroups, SinkTopic } from '../sink-group.ts';
import type { Wait } from '../wait/wait.ts';
import type { MskConnector } from './api.ts';
import { note, removeConnector, waitUntilFree, waitUntilGone, waitUntilSteady } from './follow.ts';
import { setOffsets, waitUntilEmpty } from './offsets.ts';
import { unlessThere } from './resources.ts';
import type { MskApi } from './sdk/connect-api.ts';
import type { SeenSink } from './show.ts';
import { type MaybeStopped, requireGroup, type StoppedSink, snapshotOf } from './snapshot.ts';
import { failedConnector, isDone } from './update.ts';

/** Where stopped sinks are remembered, so that they outlive this process. Errors: UNREACHABLE. */
export interface StoppedSinks {
  read(connector: string): Promise<MaybeStopped>;
  /** Undefined forgets it. */
  write(connector: string, sink: StoppedSink | undefined): Promise<void>;
}

/** For plans: what a stop does that the service has no call for. */
export const STOP_EFFECT =
  'MSK Connect cannot stop a connector: it is deleted, and created anew from what it was; one that was paused stays stopped';

const TRIES = 4;

interface StoppingParts {
  readonly api: MskApi;
  readonly groups: SinkGroups;
  readonly stopped: StoppedSinks;
  readonly scrub: Scrub;
}

/**
 * Stops a sink by deleting its connector, and starts it by creating it again. What it was is remembered first. So whoever is
 * killed in between leaves a sink that is as before, or STOPPED, or runs again, and each of these steps may be repeated.
 */
export function createStopping({ api, groups, stopped, scrub }: StoppingParts) {
  const kept = async (name: string): Promise<StoppedSink | undefined> => {
    const sink = await stopped.read(name);
    return sink === 'unknown' ? undefined : sink;
  };

  /** Errors: REFUSED for a sink that could not be created again as it was, or whose group nobody can see; UNREACHABLE. */
  const snapshot = async (connector: MskConnector): Promise<StoppedSink> => {
    await requireGroup(groups, connector.name);
    return snapshotOf(api, connector, scrub);
  };

  const offsets: OffsetApi = {
    async require(name) {
      const connector = await api.find(name);
      if (connector !== undefined) await snapshot(connector);
    },
    async set(name, wanted, wait) {
      const stream = await whenEmpty(name, wait);
      await setOffsets({ groups, stream }, new Map(wanted.map(({ partition, offset }) => [partition, offset])));
    },
    async forget(name, wait) {
      const stream = await whenEmpty(name, wait);
      const all = await groups.positions(stream);
      await setOffsets({ groups, stream }, new Map(all.map(({ partition }) => [partition, undefined])));
    },
  };

  /** A stopped sink and its topic, once its group is empty: until then Kafka sets no offsets. */
  async function whenEmpty(name: string, wait: Wait): Promise<SinkTopic> {
    const sink = (await api.find(name)) === undefined ? await kept(name) : undefined;
    if (sink === undefined) {
      throw new ConnectError('REFUSED', `${name} is not stopped: its offsets stay as they are`, {
        details: { connector: name },
        hint: 'run `connect stop` first',
      });
    }
    return emptied(sink, wait);
  }

  async function emptied({ name, config }: StoppedSink, wait: Wait): Promise<SinkTopic> {
    const stream = { sink: { name }, topic: { name: config.topics ?? '' } };
    await waitUntilEmpty({ stream, members: () => groups.members(name) }, wait);
    return stream;
  }

  return {
    offsets,
    /** The connector of a sink, or what it was where it is stopped, its connector still on its way out or gone. */
    async look(name: string): Promise<SeenSink> {
      const connector = await api.find(name);
      if (connector !== undefined && connector.state !== 'DELETING') return { connector, stopped: undefined };
      const sink = await stopped.read(name);
      const isGoing = sink === undefined || sink === 'unknown';
      return isGoing
        ? { connector, stopped: connector === undefined ? sink : undefined }
        : { connector: undefined, stopped: sink };
    },
    /** Errors: NOT_FOUND, REFUSED and UNREACHABLE before anything was changed; TIMEOUT, what the service throws. */
    async stop(name: string, wait: Wait): Promise<void> {
      for (let attempt = 1; ; attempt += 1) {
        const connector = await waitUntilSteady(api, name, wait);
        if (connector === undefined) {
          if ((await kept(name)) === undefined) throw notThere(api, name);
          return;
        }
        await stopped.write(name, await snapshot(connector));
        try {
          // Of this version and no other, so that what is remembered is what is deleted.
          await api.remove(connector);
          break;
        } catch (error) {
          const now = await api.find(name);
          if (now === undefined || now.state === 'DELETING') break;
          if (attempt < TRIES && (await waitUntilFree(api, connector, wait))) continue;
          // Where the answer is lost it may be deleted yet.
          if (!ConnectError.from(error).retryable) await stopped.write(name, undefined);
          throw error;
        }
      }
      note(wait, 'is deleted; `connect resume` creates it anew');
      await waitUntilGone(api, name, wait);
    },
    /** Whether the sink was stopped, and now runs as before; false when that is not for this place to do. */
    async start(name: string, wait: Wait): Promise<boolean> {
      const connector = await waitUntilSteady(api, name, wait);
      if (connector?.state === 'PAUSED') return false;
      const sink = await kept(name);
      if (sink === undefined) return connector?.state === 'RUNNING';
      if (connector?.state === 'FAILED') {
        await removeConnector(api, connector, wait);
        await waitUntilGone(api, name, wait);
      }
      if (connector?.state !== 'RUNNING') {
        await emptied(sink, wait);
        await createAsBefore(api, sink, wait);
      }
      await stopped.write(name, undefined);
      return true;
    },
    /** Forgets that it was stopped: it runs again, or is to be gone. */
    async forget(name: string): Promise<void> {
      if ((await kept(name)) !== undefined) await stopped.write(name, undefined);
    },
    /** The error for a connector that is not there and has to be. */
    async absence(name: string): Promise<ConnectError> {
      if ((await kept(name)) === undefined) return notThere(api, name);
      const message = `${name} is STOPPED, and MSK Connect creates a connector running: it would write before it is held`;
      return new ConnectError('REFUSED', message, {
        details: { connector: name, state: 'STOPPED' },
        hint: 'it writes nothing while it is stopped; `connect resume` starts it',
      });
    },
  };
}

const notThere = ({ label }: MskApi, name: string): ConnectError =>
  new ConnectError('NOT_FOUND', `${name} is not on ${label}`, { details: { connector: name } });

/** Errors: REFUSED with the service's reason when it does not run, or when somebody else has created another. */
async function createAsBefore(api: MskApi, { at: _at, ...sink }: StoppedSink, wait: Wait): Promise<void> {
  const { name, config } = sink;
  await unlessThere(api.create(sink));
  const made = await waitUntilSteady(api, name, wait);
  if (made === undefined) throw new ConnectError('NOT_FOUND', `${name} was deleted meanwhile`);
  if (made.state === 'FAILED') throw failedConnector(made);
  if (isDone(made, { kind: 'configuration', config })) return;
  throw new ConnectError('REFUSED', `another ${name} was created on ${api.label} at the same time`, {
    details: { connector: name },
    hint: '`connect plan` shows how it stands now',
  });
}
