import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createMskTopics } from '../../../../../connectors/msk/sdk/topics.ts';
import { ensureTopics, observeTopics, topicSpecs } from '../../../../../connectors/topics.ts';
import { CLUSTER } from '../../../../support/msk/environment.ts';
import { startFakeMsk } from '../../../../support/msk/fake-msk.ts';
import { positions } from '../../../../support/positions-stream.ts';

beforeEach(() => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'test');
});

async function start() {
  const fake = await startFakeMsk();
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await fake.close();
  });
  const admin = createMskTopics({ cluster: CLUSTER, endpoint: fake.url, bounds: {}, pollMs: 5 });
  return { fake, admin };
}

const names = topicSpecs(positions, 3).map(({ name }) => name);

test('topics are made by MSK itself with partitions, copies and settings, and waited for until it tells of them', async () => {
  const { fake, admin } = await start();
  fake.topics.faults.late = 3;
  const outcomes = await ensureTopics(admin, positions, 3);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(4).fill('created'));
  fake.topics.faults.late = 0;
  const observed = await observeTopics(admin, names);
  expect(observed.positions).toEqual({
    partitions: 4,
    replicas: 3,
    config: { 'min.insync.replicas': '2', 'retention.ms': '604800000' },
  });
  expect(observed['positions.checkpoint']?.config['cleanup.policy']).toBe('compact');
  expect((await ensureTopics(admin, positions, 3)).map(({ outcome }) => outcome)).toEqual(Array(4).fill('unchanged'));
  expect(fake.calls.filter((call) => call === 'CreateTopic')).toHaveLength(4);
});

test('a topic gets more partitions only where that is asked for', async () => {
  const { fake, admin } = await start();
  await ensureTopics(admin, positions, 3);
  const wider = { ...positions, topic: { ...positions.topic, partitions: 8 } };
  await expect(ensureTopics(admin, wider, 3)).rejects.toMatchObject({ code: 'UNSAFE' });
  expect(fake.calls).not.toContain('UpdateTopic');
  const [data] = await ensureTopics(admin, wider, 3, { grow: true });
  expect(data?.outcome).toBe('grown');
  expect(fake.topics.topics.get('positions')?.partitions).toBe(8);
});

test('one that somebody makes at the same moment is as good', async () => {
  const { fake, admin } = await start();
  const made = await Promise.all([ensureTopics(admin, positions, 3), ensureTopics(admin, positions, 3)]);
  expect(
    made
      .flat()
      .map(({ outcome }) => outcome)
      .sort(),
  ).toEqual([...Array(4).fill('created'), ...Array(4).fill('unchanged')]);
  expect(fake.topics.topics.size).toBe(4);
});

test('a cluster that has no such calls is refused in the words of the service', async () => {
  const { fake, admin } = await start();
  fake.topics.faults.refuse = 'This operation is not supported for serverless clusters.';
  await expect(admin.listTopics()).rejects.toMatchObject({
    code: 'REFUSED',
    message: `MSK in eu-central-1 could not list the topics of ${CLUSTER}: This operation is not supported for serverless clusters.`,
  });
});
