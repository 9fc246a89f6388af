import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { parseDocument } from 'yaml';
import { createMskHost } from '../../../connectors/msk/host.ts';
import { createMskApi } from '../../../connectors/msk/sdk/connect-api.ts';
import { renderSink } from '../../../connectors/render/render-sink.ts';
import { loadProject } from '../../../pipeline/load.ts';
import type { MskConnect } from '../../../pipeline/msk-connect.ts';
import type { Environment, StreamDefinition } from '../../../pipeline/types.ts';
import { loadAvroSchema } from '../../../schemas/avro-schema.ts';
import { inMemoryGroups } from '../in-memory-groups.ts';
import { inMemoryStoppedSinks } from '../in-memory-stopped-sinks.ts';
import { type InProcessResult, runInProcess } from '../in-process-cli.ts';
import { copyProject } from '../project.ts';
import { scratchFolder } from '../scratch.ts';
import { membersOfFake } from './fake-members.ts';
import { type FakeMsk, REGION, startFakeMsk } from './fake-msk.ts';

const CLUSTER = `arn:aws:kafka:${REGION}:123456789012:cluster/perps/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d-2`;
const BROKERS = ['b-1.example.com:9098', 'b-2.example.com:9098'];

export interface MskProject {
  readonly root: string;
  readonly fake: FakeMsk;
  /** Runs a command in the project, whose only environment on MSK Connect is `msk`. Each sink's group has two members, in memory. */
  run(...args: string[]): Promise<InProcessResult>;
  /** As `run`, until Ctrl-C. */
  runUntil(signal: AbortSignal, ...args: string[]): Promise<InProcessResult>;
  /** Brings the positions sink to the fake as the project's files say, `sink` aside. */
  deploy(sink?: Partial<StreamDefinition['sink']>): Promise<void>;
}

export interface MskCluster {
  /** What GetBootstrapBrokers tells for a login by IAM. */
  readonly iamBrokers?: readonly string[];
  /** The command line, too, asks for its brokers and logs in by IAM. */
  readonly byCluster?: boolean;
  /** Address of a registry; without it none is there. */
  readonly registry?: string;
}

/** This repository's definitions with an environment `msk` on a fake of its own. `connect` adds to the environment's target. */
export async function createMskProject(
  connect: object = {},
  { iamBrokers = BROKERS, byCluster = false, registry = 'http://127.0.0.1:1' }: MskCluster = {},
): Promise<MskProject> {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'test');
  const fake = await startFakeMsk({ brokers: { bootstrapBrokerStringSaslIam: iamBrokers.join(',') } });
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await fake.close();
  });
  const root = scratchFolder();
  copyProject(root);
  const path = join(root, 'connect.yaml');
  const document = parseDocument(readFileSync(path, 'utf8'));
  const kafka = byCluster ? { cluster: CLUSTER, sasl: { mechanism: 'aws-iam' } } : { brokers: ['127.0.0.1:1'] };
  document.setIn(['environments', 'msk'], {
    ...mskEnvironment(fake.url, connect),
    registry: { url: `${registry}/apis/ccompat/v7` },
    kafka: { ...kafka, replicationFactor: 3 },
  });
  writeFileSync(path, document.toString());
  const groups = inMemoryGroups();
  membersOfFake(groups, fake, 2);
  const stopped = inMemoryStoppedSinks();
  const runUntil: MskProject['runUntil'] = (signal, ...args) =>
    runInProcess([...args, '-e', 'msk'], {
      cwd: root,
      env: { PERPS_DATABASE_PASSWORD: 'p4ssw0rd-of-the-test' },
      signal,
      session: { groups, stopped },
    });
  return {
    root,
    fake,
    run: (...args) => runUntil(new AbortController().signal, ...args),
    runUntil,
    async deploy(sink = {}) {
      const project = loadProject(root, {});
      const environment = project.environments.msk as Environment & { readonly connect: MskConnect };
      const [found] = project.streams.filter(({ name }) => name === 'positions');
      if (found === undefined) throw new Error('the project has no stream positions');
      const stream = { ...found, sink: { ...found.sink, ...sink } };
      const { fields } = loadAvroSchema(join(root, stream.schema));
      const pluginFile = join(root, 'plugin.zip');
      writeFileSync(pluginFile, 'zip');
      const host = createMskHost({
        api: createMskApi(environment.connect),
        connect: environment.connect,
        pluginFile,
        buildCommand: 'connect plugin build',
        groups,
        stopped,
        scrub: (text) => text,
        pollMs: 5,
      });
      const desired = { stream, config: renderSink(stream, environment, fields), from: 'resume' } as const;
      const { entries } = await host.plan(desired);
      await host.deploy(desired, entries, { timeoutMs: 10_000, settleMs: 10 });
    },
  };
}

/** An environment as connect.yaml has it, all but its `kafka`, with every service at one address. */
export const mskEnvironment = (url: string, connect: object = {}) => ({
  registry: { url: 'http://127.0.0.1:1/apis/ccompat/v7' },
  database: { host: '127.0.0.1', port: 1, name: 'perps', user: 'perps', password: `\${env:PERPS_DATABASE_PASSWORD}` },
  connect: {
    target: 'msk',
    region: REGION,
    cluster: CLUSTER,
    role: 'arn:aws:iam::123456789012:role/perps-connect',
    subnets: ['subnet-0a1b2c3d4e5f6a7b8'],
    securityGroups: ['sg-0a1b2c3d4e5f6a7b8'],
    capacity: { provisioned: { mcuCount: 1, workerCount: 1 } },
    plugin: { bucket: 'plugins' },
    endpoints: { kafkaConnect: url, kafka: url, s3: url, logs: url },
    ...connect,
  },
  worker: { databasePassword: `\${secretsmanager:perps/db:password}` },
  feed: { address: '127.0.0.1:1' },
});
