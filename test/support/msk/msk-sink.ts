import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { DeployResult, DeployWait, SinkHost } from '../../../connectors/host.ts';
import { createMskHost } from '../../../connectors/msk/host.ts';
import type { CallBounds } from '../../../connectors/msk/sdk/client.ts';
import type { MskApi } from '../../../connectors/msk/sdk/connect-api.ts';
import { createMskApi } from '../../../connectors/msk/sdk/connect-api.ts';
import { cloudWatchLog } from '../../../connectors/msk/sdk/worker-log.ts';
import type { StoppedSinks } from '../../../connectors/msk/stopped-sinks.ts';
import type { PlanEntry } from '../../../connectors/plan/entry.ts';
import type { StartFrom } from '../../../connectors/plan/start-plan.ts';
import { renderSink } from '../../../connectors/render/render-sink.ts';
import type { DesiredSink } from '../../../connectors/sink-config.ts';
import type { SinkGroups } from '../../../connectors/sink-group.ts';
import type { SinkEvent } from '../../../connectors/wait/wait.ts';
import type { MskConnect } from '../../../pipeline/msk-connect.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { type InMemoryGroups, inMemoryGroups } from '../in-memory-groups.ts';
import { type InMemoryStoppedSinks, inMemoryStoppedSinks } from '../in-memory-stopped-sinks.ts';
import { positions, staging } from '../positions-stream.ts';
import { scratchFolder } from '../scratch.ts';
import { MSK_TARGET } from './environment.ts';
import type { FakeConnector } from './fake-connectors.ts';
import { membersOfFake } from './fake-members.ts';
import { type FakeMsk, type FakeMskOptions, startFakeMsk } from './fake-msk.ts';

export const BROKERS = ['b-1.example.com:9098', 'b-2.example.com:9098'];

/** An MSK Connect target that uses a fake's services. */
export const mskConnect = (url: string, changes: Partial<MskConnect> = {}): MskConnect => ({
  ...MSK_TARGET,
  cluster: undefined,
  brokers: BROKERS,
  plugin: { bucket: 'plugins', prefix: 'connect/' },
  logs: {},
  tags: { team: 'perps' },
  endpoints: { kafkaConnect: url, kafka: url, s3: url, logs: url },
  ...changes,
});

/** What a test changes of a sink. */
export interface SinkChanges {
  readonly connect?: Partial<MskConnect>;
  readonly sink?: Partial<StreamDefinition['sink']>;
  readonly from?: StartFrom;
  /** Content of the ZIP. */
  readonly plugin?: string;
  /** Of every call to the service. */
  readonly bounds?: CallBounds;
  /** Stands between the host and the service. */
  readonly api?: (real: MskApi) => MskApi;
  /** In the place of those in memory. */
  readonly groups?: SinkGroups;
  readonly stopped?: StoppedSinks;
}

export interface MskSink {
  readonly fake: FakeMsk;
  readonly groups: InMemoryGroups;
  readonly stopped: InMemoryStoppedSinks;
  readonly events: SinkEvent[];
  /** Members of the consumer group from now on. */
  setMembers(count: number): void;
  host(changes?: SinkChanges): SinkHost;
  desired(changes?: SinkChanges): DesiredSink;
  plan(changes?: SinkChanges): Promise<readonly PlanEntry[]>;
  /** Plans, and deploys that plan. */
  deploy(changes?: SinkChanges, wait?: Partial<DeployWait>): Promise<DeployResult>;
}

/** The fake's connector of the positions sink. */
export function connectorOf({ fake }: MskSink): FakeConnector {
  const found = fake.connectors.get('positions-sink');
  if (found === undefined) throw new Error('positions-sink is not there');
  return found;
}

/** As `createMskSink`, deployed. */
export async function deployedMskSink(): Promise<MskSink> {
  const sink = await createMskSink();
  await sink.deploy();
  return sink;
}

/** The positions sink against a fake of its own, with everything that waits made short. */
export async function createMskSink(fakeOptions: FakeMskOptions = {}): Promise<MskSink> {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'test');
  const fake = await startFakeMsk(fakeOptions);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await fake.close();
  });
  const pluginFile = join(scratchFolder(), 'plugin.zip');
  const events: SinkEvent[] = [];
  const groups = inMemoryGroups([127n]);
  const setMembers = membersOfFake(groups, fake, 2);
  const stopped = inMemoryStoppedSinks();
  const host = (changes: SinkChanges = {}): SinkHost => {
    const { connect = {}, plugin = 'zip', bounds = {}, api = (real) => real } = changes;
    const target = mskConnect(fake.url, connect);
    writeFileSync(pluginFile, plugin);
    return createMskHost({
      api: api(createMskApi({ ...target, bounds })),
      connect: target,
      pluginFile,
      buildCommand: 'connect plugin build',
      groups: changes.groups ?? groups,
      stopped: changes.stopped ?? stopped,
      workerLog: cloudWatchLog(target, (text) => text),
      scrub: (text) => text,
      pollMs: 5,
    });
  };
  const desired = ({ sink = {}, connect = {}, from = 'resume' }: SinkChanges = {}): DesiredSink => {
    const stream = { ...positions, sink: { ...positions.sink, ...sink } };
    const environment = { ...staging, connect: mskConnect(fake.url, connect) };
    return { stream, config: renderSink(stream, environment, [{ name: 'position_account' }, { name: 'slot' }]), from };
  };
  return {
    fake,
    groups,
    stopped,
    events,
    setMembers,
    host,
    desired,
    plan: async (changes) => (await host(changes).plan(desired(changes))).entries,
    async deploy(changes, wait = {}) {
      const one = host(changes);
      const wanted = desired(changes);
      const { entries } = await one.plan(wanted);
      const onEvent = (event: SinkEvent) => void events.push(event);
      return one.deploy(wanted, entries, { timeoutMs: 2_000, settleMs: 10, onEvent, ...wait });
    },
  };
}
