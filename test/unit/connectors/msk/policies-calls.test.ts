import { expect, test } from 'vitest';
import { COMMANDS, ROLES, type Role } from '../../../../connectors/msk/iam/commands.ts';
import type { PolicyDocument } from '../../../../connectors/msk/iam/policy.ts';
import { rolePolicy } from '../../../../connectors/msk/iam/role-policy.ts';
import { createMskApi } from '../../../../connectors/msk/sdk/connect-api.ts';
import { mskBrokers } from '../../../../connectors/msk/sdk/kafka-access.ts';
import { createMskTopics } from '../../../../connectors/msk/sdk/topics.ts';
import { prune } from '../../../../connectors/prune.ts';
import { ensureTopics, observeTopics } from '../../../../connectors/topics.ts';
import { CLUSTER, onMsk } from '../../../support/msk/environment.ts';
import { logFailure } from '../../../support/msk/fake-logs.ts';
import { deniedBy, type IamRequest, unusedIn } from '../../../support/msk/iam-requests.ts';
import { createMskSink, type MskSink, mskConnect, type SinkChanges } from '../../../support/msk/msk-sink.ts';
import { positions } from '../../../support/positions-stream.ts';

type Command = keyof typeof COMMANDS;

const connect = { cluster: CLUSTER, brokers: undefined, logs: { cloudWatch: { logGroup: '/perps/connect' } } };
const wait = { timeoutMs: 10_000, settleMs: 10 };
const ROLE_NAMES = Object.keys(ROLES) as Role[];
const policyOf = (role: Role): PolicyDocument =>
  rolePolicy(role, { ...onMsk(), connect: mskConnect('', connect) }, [positions]);

/** What AWS does in the name of whoever creates something, and what is asked of Kafka. */
const WITHOUT_CALL =
  /^(EquipServiceLinkedRole|CreateServiceLinkedRole|PlaceWorkers|DeliverLogs\w*|CreateLogDeliveryRole|EndLogDelivery|ReadPluginVersions) | kafka-cluster:/;

let sink: MskSink;
/** What runs failed of. */
const failures: string[] = [];
/** What each command has asked for, in every run. */
const asked = new Map<Command, IamRequest[]>();

/** Records a run of commands that do the same to MSK Connect, whatever its outcome. */
async function record(commands: readonly Command[], run: () => Promise<unknown>): Promise<void> {
  const before = sink.fake.requests.length;
  await run().catch((error: Error) => void failures.push(error.message.split('\n')[0] ?? ''));
  const requests = sink.fake.requests.slice(before);
  for (const command of commands) asked.set(command, [...(asked.get(command) ?? []), ...requests]);
}

const host = () => sink.host({ connect });
const deploy = (changes: SinkChanges = {}, more = {}) =>
  record(['deploy', 'deploy --prune'], () =>
    sink.deploy({ ...changes, connect: { ...connect, ...changes.connect } }, { ...wait, ...more }),
  );
const LOOKS = ['status', 'doctor', 'verify', 'check --live', 'offsets get'] as const;
const PLANS = ['plan', 'plan --prune', 'doctor'] as const;
const plan = (changes: SinkChanges = {}) => record(PLANS, () => sink.plan({ ...changes, connect }));

/** Somebody else's connector beside ours, made from parts of other names. */
function otherConnector(name: string, state = 'RUNNING'): void {
  const ours = sink.fake.connectors.get('positions-sink');
  if (ours === undefined) throw new Error('positions-sink is not there');
  const arn = ours.arn.replace('positions-sink', name);
  const { pending: _pending, ...rest } = ours;
  sink.fake.connectors.set(name, { ...structuredClone(rest), arn, name, state });
}

/** The connector gets a plugin and a worker configuration of names that are not ours, as one that somebody has made by hand. */
function byHand(): void {
  const { handlers } = sink.fake.resources;
  const [fileKey = ''] = [...sink.fake.objects.keys()].map((path) => path.replace('plugins/', ''));
  const location = { s3Location: { bucketArn: 'arn:aws:s3:::plugins', fileKey } };
  const { customPluginArn } = handlers.CreateCustomPlugin({ name: 'by-hand', contentType: 'ZIP', location });
  const content = Buffer.from('key.converter=a\nvalue.converter=b\n').toString('base64');
  const made = handlers.CreateWorkerConfiguration({ name: 'by-hand', propertiesFileContent: content });
  Object.assign(sink.fake.connectors.get('positions-sink')?.settings ?? {}, {
    plugins: [{ customPlugin: { customPluginArn, revision: 1 } }],
    workerConfiguration: { workerConfigurationArn: made.workerConfigurationArn, revision: 1 },
  });
}

/** Deletes every plugin and worker configuration of ours that is used by nothing, and its zip. */
async function pruneParts(): Promise<void> {
  const api = createMskApi(mskConnect(sink.fake.url, connect));
  const used = (await api.uses()).flatMap(({ plugin, workerConfiguration }) => [plugin, workerConfiguration]);
  const own = (await api.parts()).filter(({ arn, name }) => !used.includes(arn) && name !== 'by-hand');
  for (const part of own) {
    if (part.kind === 'worker configuration') await api.removeWorkerConfiguration(part);
    else await api.removePlugin(part);
    if (part.object !== undefined) await api.removeObject(part.object);
  }
}

/** Every command that MSK Connect hears of, also in runs that fail, go back, prune, import and take over. */
async function runAll(): Promise<void> {
  sink = await createMskSink({
    brokers: { bootstrapBrokerStringSaslIam: 'b-1.example.com:9098,b-2.example.com:9098' },
  });
  const { faults, logs } = sink.fake;

  // The first deploy fails, and is removed again; the next one is created, held back and started.
  await plan();
  faults.failCreate = { code: 'UnknownError.Unknown', message: 'no' };
  await deploy();
  delete faults.failCreate;
  for (const plugin of sink.fake.resources.plugins.values()) plugin.state = 'CREATE_FAILED';
  await deploy();
  await plan();
  await deploy({ sink: { batchSize: 700 } });
  await deploy({ sink: { batchSize: 700, maxPollRecords: 2000 } });
  await deploy({ sink: { batchSize: 700, maxPollRecords: 2000, state: 'paused' } });
  await deploy({ sink: { batchSize: 700, maxPollRecords: 2000, state: 'running' } });
  await deploy({ connect: { tags: { team: 'perps', cost: '1' } } });
  // Updates that fail: taken back by the service, and by us.
  faults.failUpdate = 'UPDATE_FAILED';
  await deploy({ sink: { batchSize: 800 } });
  delete faults.failUpdate;
  sink.setMembers(0);
  logFailure(logs, {
    at: Date.now() + 60_000,
    says: 'WorkerSinkTask{id=positions-sink-0} Task threw an uncaught and unrecoverable exception. Task is being killed',
    trace: 'Error: no',
  });
  await deploy({ sink: { batchSize: 900 } });
  await record([...LOOKS, 'watch', 'offsets reset', 'quarantine'], () => host().observe('positions-sink'));
  sink.setMembers(2);
  await deploy({ sink: { state: 'running' } });

  byHand();
  await plan({ plugin: 'other zip' });
  await deploy({ plugin: 'other zip' });
  await deploy({ connect: { networkType: 'dual' } });

  await record(['stop', 'resume', 'offsets reset', 'quarantine'], async () => {
    await host().stop('positions-sink', wait);
    await host().resume('positions-sink', wait);
  });
  for (const [command, run] of [
    ['pause', () => host().pause('positions-sink', wait)],
    ['resume', () => host().resume('positions-sink', wait)],
    ['restart', () => host().restart('positions-sink', { onlyFailed: false }, wait)],
  ] as const) {
    const alike = command === 'restart' ? (['watch'] as const) : [];
    await record([command, ...alike], run);
    await record([command, ...alike], () => host().observe('positions-sink'));
  }

  await record(['produce', 'dlq list', 'dlq replay', 'watch'], async () =>
    mskBrokers(CLUSTER, 'iam', sink.fake.url).lookUp(),
  );
  otherConnector('old-sink', 'FAILED');
  await record(['import', 'plan --prune', 'deploy --prune'], async () => {
    for (const name of await host().list()) await host().observe(name);
  });
  await record(['deploy --prune'], () => prune(host(), { name: 'old-sink', project: '' }, wait));
  await record(['deploy --prune'], () => host().remove('old-sink', wait));
  const topics = createMskTopics({ cluster: CLUSTER, endpoint: sink.fake.url, bounds: {}, pollMs: 5 });
  await record(['deploy'], () => ensureTopics(topics, positions, 3));
  await record(['deploy'], () => topics.growTopic(positions.topic.name, 8));
  await record(['plan', 'deploy'], () => observeTopics(topics, [positions.topic.name]));
  await record(['msk prune'], pruneParts);
  await record(['delete'], () => host().observe('positions-sink'));
  await record(['delete'], () => host().remove('positions-sink', wait));
}

test('policies allow what the commands of their role ask of AWS, and nothing else', { timeout: 120_000 }, async () => {
  await runAll();
  expect(failures).toEqual([
    'positions-sink is FAILED on MSK Connect',
    'positions-sink: UPDATE_CONNECTOR_CONFIGURATION ended in UPDATE_FAILED',
    'positions-sink does not run: FAILED',
    expect.stringMatching(/^old-sink is no longer a connector of /),
  ]);
  const denied = ROLE_NAMES.flatMap((role) =>
    ROLES[role].flatMap((command) =>
      deniedBy(policyOf(role), asked.get(command) ?? []).map((one) => `${role}, ${command}: ${one}`),
    ),
  );
  expect(denied).toEqual([]);
  const unused = ROLE_NAMES.flatMap((role) => {
    const requests = ROLES[role].flatMap((command) => asked.get(command) ?? []);
    return unusedIn(policyOf(role), requests)
      .filter((one) => !WITHOUT_CALL.test(one))
      .map((one) => `${role}: ${one}`);
  });
  expect(unused).toEqual([]);
});

test('every command is in a role', () => {
  const named = new Set<string>(Object.values(ROLES).flat());
  expect(Object.keys(COMMANDS).filter((command) => !named.has(command))).toEqual([]);
});
