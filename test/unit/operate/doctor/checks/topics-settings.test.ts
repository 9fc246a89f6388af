import { expect, test } from 'vitest';
import { topicSpecs } from '../../../../../connectors/topics.ts';
import { packageRoot } from '../../../../../core/package-root.ts';
import { topicsSettings } from '../../../../../operate/doctor/checks/kafka.ts';
import { loadProject } from '../../../../../pipeline/load.ts';
import { type FakeTopic, fakeCluster } from '../../../../support/fake-cluster.ts';
import { positions, staging } from '../../../../support/positions-stream.ts';

const config = { 'cleanup.policy': 'delete', 'retention.ms': '604800000' };
const stream = { ...positions, topic: { ...positions.topic, config } };

const diagnosesOf = (topics: Readonly<Record<string, FakeTopic>>) =>
  topicsSettings.run({
    environment: staging,
    project: loadProject(packageRoot(), {}),
    streams: [stream],
    kafka: async () => fakeCluster(topics),
  });

/** The stream's topics as they are defined. */
const specs = topicSpecs(stream, staging.kafka.replicationFactor);
const sound = Object.fromEntries(
  specs.map(({ name, partitions, config }): [string, FakeTopic] => [
    name,
    { ranges: Array.from({ length: partitions }, () => [0n, 0n]), replicas: 3, config },
  ]),
);
const data: FakeTopic = sound.positions ?? { ranges: [] };

test('topics as they are defined are ok', async () => {
  const diagnoses = await diagnosesOf(sound);
  expect(diagnoses.map(({ subject, verdict }) => [subject, verdict])).toEqual(specs.map(({ name }) => [name, 'ok']));
});

test.each([
  ['is compacted', { ...data, config: { ...data.config, 'cleanup.policy': 'compact' } }, 'broken'],
  ['keeps its records for less time', { ...data, config: { ...data.config, 'retention.ms': '3600000' } }, 'warning'],
  ['has fewer copies', { ...data, replicas: 1 }, 'warning'],
  ['has other partitions', { ...data, ranges: data.ranges.slice(1) }, 'broken'],
  [
    'refuses records that had to wait',
    { ...data, config: { ...data.config, 'message.timestamp.before.max.ms': '1000' } },
    'broken',
  ],
  ['does not exist', undefined, 'warning'],
])('a topic that %s is a diagnosis with its remedy', async (_how, topic, verdict) => {
  const { positions: _data, ...others } = sound;
  const diagnoses = await diagnosesOf(topic === undefined ? others : { ...others, positions: topic });
  expect(diagnoses.filter((one) => one.verdict !== 'ok')).toEqual([
    { verdict, subject: 'positions', message: expect.any(String), remedy: expect.any(String) },
  ]);
});
