import { expect, test } from 'vitest';
import { alarmsOf } from '../../../../connectors/msk/alarms/alarms.ts';
import { alarmTemplate } from '../../../../connectors/msk/alarms/templates.ts';
import { onMsk } from '../../../support/msk/environment.ts';
import { positions } from '../../../support/positions-stream.ts';

const { connect } = onMsk();
const TARGET = { environment: 'production', sns: 'arn:aws:sns:eu-central-1:123456789012:alarms' };
const suffixes = (...args: Parameters<typeof alarmsOf>) =>
  alarmsOf(...args).map(({ name }) => name.replace(`${args[0].sink.name}-`, ''));

test.each([
  ['cloudformation', 'cloudformation.json'],
  ['terraform', 'alarms.tf.json'],
] as const)('the alarms as %s are the same each time, to the last character', async (format, file) => {
  const template = alarmTemplate(format, alarmsOf(positions, connect, 'production'), TARGET);
  await expect(`${JSON.stringify(template, undefined, 2)}\n`).toMatchFileSnapshot(`../../../fixtures/alarms/${file}`);
});

test('without a topic of SNS an alarm has no action', () => {
  const alarms = alarmsOf(positions, connect, 'production');
  const texts = (['cloudformation', 'terraform'] as const).map((format) =>
    JSON.stringify(alarmTemplate(format, alarms, { ...TARGET, sns: undefined })),
  );
  expect(texts.filter((text) => /actions/i.test(text))).toEqual([]);
});

test('autoscaled capacity decides the number of tasks, and says when it can grow no further', () => {
  const capacity = { autoscaled: { mcuCount: 1, minWorkers: 2, maxWorkers: 4, scaleInCpu: 20, scaleOutCpu: 90 } };
  const alarms = alarmsOf(positions, { capacity }, 'production');
  const of = (suffix: string) => alarms.find(({ name }) => name.endsWith(suffix));
  expect(of('tasks-missing')).toBeUndefined();
  expect([of('cpu')?.threshold, of('workers-missing')?.threshold, of('no-more-workers')?.threshold]).toEqual([
    90, 2, 4,
  ]);
});

test('a sink that is declared paused is not expected to run', () => {
  const held = { ...positions, sink: { ...positions.sink, state: 'paused' as const } };
  expect(suffixes(held, connect, 'production')).toEqual(['cpu', 'memory', 'workers-missing']);
  expect(suffixes(positions, connect, 'production')).toEqual([
    'task-failed',
    'not-running',
    'tasks-missing',
    'cpu',
    'memory',
    'workers-missing',
  ]);
});
