import { expect, onTestFinished, test } from 'vitest';
import type { IncidentKind } from '../../../../operate/watch/incident.ts';
import { serveWatch } from '../../../../operate/watch/metrics.ts';
import type { StreamView, WatchView } from '../../../../operate/watch/view.ts';
import { alertRules, createAlerts } from '../../../support/alert-rules.ts';
import { composeFile, repositoryFile } from '../../../support/compose-file.ts';
import { evaluate, milliseconds } from '../../../support/promql.ts';
import { Scrapes } from '../../../support/scrapes.ts';
import { incidentOf, quietStream, quietView } from '../../../support/watch-view.ts';

const STEP_MS = 30_000;
/** In how many steps an alert that waits so long must fire, with two more for what the fault takes to be seen. */
const stepsOf = (wait = '0s'): number => milliseconds(wait) / STEP_MS + 2;

/** What watch tells at the n-th step of a fault; undefined when it does not answer. Beside it, how large the topic is. */
interface Fault {
  readonly view?: ((step: number) => WatchView | undefined) | undefined;
  readonly topicBytes?: number;
}
const stream = (of: (step: number) => Partial<StreamView>): Fault => ({
  view: (step) => quietView({ streams: [quietStream('positions', of(step))] }),
});
const incident = (kind: IncidentKind): Fault => ({
  view: () => quietView({ incidents: [incidentOf(kind, 'critical')] }),
});

/** For each rule the faults that must make it fire, alone. */
const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  PerpsSinkDown: [
    stream(() => ({ state: 'FAILED' })),
    stream(() => ({ state: 'MISSING', taskStates: [] })),
    incident('sink-failed'),
    incident('sink-stalled'),
    incident('gap'),
  ],
  PerpsTaskFailed: [stream(() => ({ taskStates: ['RUNNING', 'FAILED'] }))],
  PerpsLagGrows: [stream((step) => ({ lag: 2_000n + BigInt(step) }))],
  PerpsTableBehind: [stream(() => ({ behindSeconds: 90 }))],
  PerpsRetentionInDanger: [stream(() => ({ retentionUsed: 0.8 }))],
  PerpsProducerGone: [stream((step) => ({ producerAgeSeconds: 50 + step * 30 }))],
  PerpsUpdatesRefused: [stream(() => ({ openRejected: 2n }))],
  PerpsDeadLetters: [stream(() => ({ openDeadLetters: 1n }))],
  PerpsPartitions: [stream(() => ({ hasStrayRows: true })), stream(() => ({ lackingPartitions: 1 }))],
  PerpsQuarantineAskedFor: [incident('record')],
  PerpsTopicDisk: [{ topicBytes: 60 * 2 ** 30 }],
  PerpsWatchGone: [{ view: () => undefined }, { view: () => quietView({ lookedAt: Date.now() - 600_000 }) }],
  PerpsPartDown: [
    { view: () => quietView({ parts: { brokers: true, registry: true, database: false, worker: undefined } }) },
  ],
};

/** A watch and a broker that are scraped every 30 s, a step. */
async function scraped() {
  let view = quietView();
  const listen = { host: '127.0.0.1', port: 0 };
  const { url, close } = await serveWatch({ listen, environment: 'production', everyMs: 5_000, view: () => view });
  onTestFinished(close);
  const scrapes = new Scrapes();
  const alerts = createAlerts(scrapes);
  let steps = 0;
  return async ({ view: next = () => quietView(), topicBytes = 1 }: Fault, count: number) => {
    let firing: string[] = [];
    for (let step = 0; step < count; step += 1, steps += 1) {
      const at = Date.now() + steps * STEP_MS;
      const seen = next(step);
      if (seen !== undefined) view = { ...seen, lookedAt: (seen.lookedAt ?? 0) + steps * STEP_MS };
      const text = seen === undefined ? undefined : await (await fetch(`${url}/metrics`)).text();
      scrapes.add('watch', at, text);
      scrapes.add('kafka', at, `kafka_log_size_bytes{topic="positions",partition="0"} ${topicBytes}\n`);
      firing = alerts(at).map(({ alert }) => alert);
    }
    return firing;
  };
}

test.each(alertRules())(
  '$alert fires for its faults alone, after the time it says, and ends with them',
  async (rule) => {
    const faults = FAULTS[rule.alert] ?? [];
    expect(faults).not.toEqual([]);
    for (const fault of faults) {
      const step = await scraped();
      expect(await step({}, 3)).toEqual([]);
      if (rule.for !== undefined) expect(await step(fault, 1), 'at once').toEqual([]);
      expect(await step(fault, stepsOf(rule.for))).toEqual([rule.alert]);
      expect(await step({}, 1)).toEqual([]);
    }
  },
);

test('a sink of which every task has failed is down, as well', async () => {
  const step = await scraped();
  const fault = stream(() => ({ taskStates: ['FAILED', 'FAILED'] }));
  expect(await step(fault, stepsOf('2m'))).toEqual(['PerpsSinkDown', 'PerpsTaskFailed']);
  expect(
    await step(
      stream(() => ({ state: 'PAUSED', taskStates: ['PAUSED', 'PAUSED'] })),
      stepsOf('2m'),
    ),
  ).toEqual([]);
});

test('a lag that shrinks, or is small, is no alert', async () => {
  const step = await scraped();
  expect(
    await step(
      stream((n) => ({ lag: 9_000n - BigInt(n) })),
      stepsOf('12m'),
    ),
  ).toEqual([]);
  expect(
    await step(
      stream((n) => ({ lag: BigInt(n) })),
      stepsOf('12m'),
    ),
  ).toEqual([]);
});

test('every rule says how urgent it is, what it means and where to read on, and names no owner and no position', () => {
  const rules = alertRules();
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { alert, labels, annotations } of rules) {
    expect(labels.severity, alert).toMatch(/^(warning|critical)$/);
    expect(Object.keys(annotations).sort(), alert).toEqual(['description', 'runbook_url', 'summary']);
    expect(annotations.runbook_url, alert).toMatch(/^docs\/on-call\.md#[a-z-]+$/);
    const used = [
      ...Object.values(annotations)
        .join(' ')
        .matchAll(/\{\{ (\S+) (?:\| humanize\w* )?\}\}/g),
    ].map(([, name]) => name);
    const named = ['environment', 'stream', 'connector', 'part', 'topic'].map((name) => `$labels.${name}`);
    expect(
      used.filter((name) => ![...named, '$value'].includes(name ?? '')),
      alert,
    ).toEqual([]);
  }
});

test('the page for on-call has a chapter for each rule', () => {
  const page = repositoryFile('docs/on-call.md');
  const anchors = alertRules().map(({ annotations }) => annotations.runbook_url?.split('#')[1] ?? '');
  expect(anchors.filter((anchor) => !page.includes(`\n## ${anchor}\n`))).toEqual([]);
});

test('a label that an annotation shows is one that the expression keeps', () => {
  for (const { alert, expr, annotations } of alertRules()) {
    const shown = [
      ...Object.values(annotations)
        .join(' ')
        .matchAll(/\$labels\.(\w+)/g),
    ].map(([, label]) => label);
    for (const [, kept = ''] of expr.matchAll(/ by \(([^)]*)\)/g)) {
      expect(
        shown.filter((label) => !kept.split(', ').includes(label ?? '')),
        alert,
      ).toEqual([]);
    }
  }
});

test('rules name only metrics that docs/metrics.md or the exporter of the broker has', () => {
  const known = repositoryFile('docs/metrics.md') + repositoryFile('docker/observability/kafka-metrics.yaml');
  const named = alertRules().flatMap(({ expr }) =>
    [...expr.matchAll(/\b(?:perps_connect|kafka)_\w+/g)].map(([name]) => name),
  );
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

test('a workflow lets Prometheus check and test the rules, each of them, with the version of compose', () => {
  const workflow = repositoryFile('.github/workflows/docker.yml');
  expect(workflow).toContain(` ${composeFile().services.prometheus?.image} `);
  const tests = repositoryFile('test/fixtures/alerts/promtool.yml');
  expect(alertRules().filter(({ alert }) => !tests.includes(`alertname: ${alert}\n`))).toEqual([]);
  const page = repositoryFile('docs/metrics.md');
  const listed = [...page.matchAll(/^\| `(Perps\w+)` \| (\w+) \|/gm)].map(
    ([, alert, severity]) => `${alert} ${severity}`,
  );
  expect(listed).toEqual(alertRules().map(({ alert, labels }) => `${alert} ${labels.severity}`));
});

test('what the rules do not use is an error, not a wrong value', () => {
  const scrapes = new Scrapes();
  scrapes.add('a', 1_000, 'x{k="1"} 2\nx{k="2"} 5\n');
  expect(evaluate('sum by (job) (x) > 6', scrapes, 2_000)).toEqual([{ labels: { job: 'a' }, value: 7 }]);
  expect(evaluate('x{k!="1"} - 1', scrapes, 2_000)).toMatchObject([{ labels: { k: '2' }, value: 4 }]);
  for (const unknown of [
    'avg by (k) (x)',
    'x offset 5m',
    'x >',
    'x > bool 1',
    'x + on (k) x',
    'rate(x[5m])',
    'max without (k) (x)',
  ]) {
    expect(() => evaluate(unknown, scrapes, 2_000), unknown).toThrow();
  }
});
