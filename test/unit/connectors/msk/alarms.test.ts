import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { alarmsOf } from '../../../../connectors/msk/alarms/alarms.ts';
import { alarmTemplate } from '../../../../connectors/msk/alarms/templates.ts';
import { watchAlarms } from '../../../../connectors/msk/alarms/watch-alarms.ts';
import { repositoryFile } from '../../../support/compose-file.ts';
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
  const alarms = [...alarmsOf(positions, connect, 'production'), ...watchAlarms([positions], 'production')];
  const template = alarmTemplate(format, alarms, TARGET);
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

/** What the agent publishes of a metric, by the configuration of this repository. */
interface Declaration {
  readonly label_matcher: string;
  readonly dimensions: readonly (readonly string[])[];
  readonly metric_selectors: readonly string[];
}

test('the CloudWatch agent is told to publish what the alarms on watch ask for, of the job that it scrapes, and nothing else', () => {
  const agent = JSON.parse(repositoryFile('docker/cloudwatch/agent.json'));
  const { emf_processor: processor } = agent.logs.metrics_collected.prometheus;
  const declarations = processor.metric_declaration as Declaration[];
  const published = declarations.flatMap(({ metric_selectors, dimensions }) =>
    metric_selectors.flatMap((selector) => dimensions.map((names) => `${selector} ${[...names].sort()}`)),
  );
  const alarms = watchAlarms([positions], 'production');
  const asked = alarms.map(({ metric, dimensions }) => `^${metric}$ ${Object.keys(dimensions).sort()}`);
  expect([...published].sort()).toEqual([...new Set(asked)].sort());
  expect(new Set(alarms.map(({ namespace }) => namespace))).toEqual(new Set([processor.metric_namespace]));
  const { scrape_configs: jobs } = parse(repositoryFile('docker/cloudwatch/prometheus.yml'));
  expect(jobs.map(({ job_name }: { job_name: string }) => `^${job_name}$`)).toEqual([
    ...new Set(declarations.map(({ label_matcher }) => label_matcher)),
  ]);
});

test('an alarm on watch asks for a metric and labels that a real watch has told', () => {
  const scrape = repositoryFile('test/fixtures/metrics/watch.prom');
  for (const { metric, dimensions } of watchAlarms([positions], 'local')) {
    const [line = ''] = scrape.split('\n').filter((text) => text.startsWith(metric));
    expect(
      Object.keys(dimensions).filter((label) => !line.includes(`${label}="`)),
      metric,
    ).toEqual([]);
  }
});
