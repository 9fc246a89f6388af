import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { readBuiltPlugin } from '../../../connectors/msk/built-plugin.ts';
import { deployMskSink, type MskDeployOptions, type MskDeployResult } from '../../../connectors/msk/deploy.ts';
import { desiredMskSink } from '../../../connectors/msk/desired.ts';
import type { MskEvent } from '../../../connectors/msk/follow.ts';
import { builtPlugin } from '../../../connectors/msk/resources.ts';
import { createMskApi } from '../../../connectors/msk/sdk/connect-api.ts';
import type { MskConnect } from '../../../pipeline/msk-connect.ts';
import type { Environment, StreamDefinition } from '../../../pipeline/types.ts';
import { positions, staging } from '../positions-stream.ts';
import { scratchFolder } from '../scratch.ts';
import { MSK_TARGET } from './environment.ts';
import { type FakeMsk, type FakeMskOptions, startFakeMsk } from './fake-msk.ts';

export const BROKERS = ['b-1.example.com:9098', 'b-2.example.com:9098'];

/** An MSK Connect target that uses a fake's services. */
export const mskConnect = (url: string, changes: Partial<MskConnect> = {}): MskConnect => ({
  ...MSK_TARGET,
  plugin: { bucket: 'plugins', prefix: 'connect/' },
  logs: {},
  tags: { team: 'perps' },
  endpoints: { kafkaConnect: url, kafka: url, s3: url },
  ...changes,
});

/** What a test changes of a sink. */
export interface SinkChanges {
  readonly connect?: Partial<MskConnect>;
  readonly sink?: Partial<StreamDefinition['sink']>;
  readonly plugin?: string;
}

export interface MskSink {
  readonly fake: FakeMsk;
  readonly events: MskEvent[];
  /** Members of the consumer group from now on. */
  setMembers(count: number): void;
  options(changes?: SinkChanges): Promise<MskDeployOptions>;
  deploy(changes?: SinkChanges, options?: Partial<MskDeployOptions>): Promise<MskDeployResult>;
}

/** The positions sink against a fake of its own, with everything that waits made short. */
export async function createMskSink(fakeOptions: FakeMskOptions = {}): Promise<MskSink> {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'test');
  const fake = await startFakeMsk(fakeOptions);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await fake.close();
  });
  const folder = scratchFolder();
  const events: MskEvent[] = [];
  let members = 2;
  const options = async ({ connect = {}, sink = {}, plugin = 'zip' }: SinkChanges = {}): Promise<MskDeployOptions> => {
    const target = mskConnect(fake.url, connect);
    const environment: Environment & { connect: MskConnect } = { ...staging, connect: target };
    const stream = { ...positions, sink: { ...positions.sink, ...sink } };
    const path = join(folder, 'plugin.zip');
    writeFileSync(path, plugin);
    return {
      api: createMskApi(target),
      connect: target,
      stream,
      desired: desiredMskSink(stream, environment, [{ name: 'position_account' }, { name: 'slot' }], BROKERS),
      plugin: builtPlugin(await readBuiltPlugin(path, 'connect plugin build'), {
        bucket: 'plugins',
        prefix: 'connect/',
      }),
      members: async () => new Set(Array.from({ length: members }, (_, index) => `member-${index}`)),
      timeoutMs: 10_000,
      pollMs: 5,
      joinMs: 50,
      settleMs: 10,
      onEvent: (event) => void events.push(event),
    };
  };
  return {
    fake,
    events,
    setMembers(count) {
      members = count;
    },
    options,
    deploy: async (changes, overrides) => deployMskSink({ ...(await options(changes)), ...overrides }),
  };
}
