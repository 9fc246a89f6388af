import type { MskConnect } from '../../pipeline/msk-connect.ts';
import type { ObservedSink } from '../sink-config.ts';
import type { SinkGroups } from '../sink-group.ts';
import type { MskConnector } from './api.ts';
import type { ReadFailures } from './failures.ts';
import { isWhole, toObservedSink } from './observe.ts';
import type { MskApi } from './sdk/connect-api.ts';
import type { MaybeStopped, StoppedSink } from './snapshot.ts';

/** A sink by its connector, or by what it was where it is stopped. */
export interface SeenSink {
  readonly connector: MskConnector | undefined;
  readonly stopped: MaybeStopped;
}

interface ShowSources {
  readonly api: MskApi;
  readonly connect: Pick<MskConnect, 'workerConfiguration'>;
  readonly groups: SinkGroups;
  readonly failures: ReadFailures;
}

/** Shows sinks in the words of a worker: with their worker settings, the members of their group, and what failed tasks have logged. */
export function createShow({ api, connect, groups, failures }: ShowSources) {
  /** What is known of a connector's worker settings. */
  const ofWorker = async ({ workerConfiguration }: Pick<MskConnector, 'workerConfiguration'>) => {
    const worker = workerConfiguration && (await api.workerConfiguration(workerConfiguration.arn));
    return { workerText: worker?.text, shared: connect.workerConfiguration };
  };

  const showStopped = async ({ at: _at, tags: _tags, ...sink }: StoppedSink): Promise<ObservedSink> => {
    const held = { ...sink, arn: '', currentVersion: '', state: 'PAUSED' } as const;
    return { ...toObservedSink(held, undefined, await ofWorker(sink)), state: 'STOPPED', tasks: [] };
  };

  return async ({ connector, stopped }: SeenSink): Promise<ObservedSink | undefined> => {
    if (connector === undefined)
      return stopped === undefined || stopped === 'unknown' ? undefined : showStopped(stopped);
    const [members, known] = await Promise.all([groups.members(connector.name), ofWorker(connector)]);
    const sink = toObservedSink(connector, members, known);
    const isAnswered = isWhole(sink) || (members === undefined && sink.state !== 'FAILED');
    return isAnswered ? sink : toObservedSink(connector, members, { ...known, log: await failures(connector) });
  };
}
