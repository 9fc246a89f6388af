import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createKafka } from '../../core/kafka.ts';
import type { SimulatorOptions } from '../../producer/simulator/feed-server.ts';
import { alertRules, createAlerts } from '../support/alert-rules.ts';
import { type CliProcess, startCli, succeed } from '../support/cli.ts';
import { startCutProxy } from '../support/cut-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { freePorts } from '../support/free-ports.ts';
import { Scrapes } from '../support/scrapes.ts';
import { simulatePositions } from '../support/simulated-positions.ts';
import { createSinkFixture } from '../support/sink-fixture.ts';
import { step } from '../support/step.ts';

/** The waits of the rules (`for: 2m`) and their ranges are so much shorter here; their thresholds are as they are. */
const SPEED_UP = 60;
/** Another test holds that one: it needs a broker that tells its metrics. */
const ELSEWHERE = 'PerpsTopicDisk';
const RETENTION_MS = 65_000;

/** Scrapes watch and producer twice a second as Prometheus does, and evaluates the rules after each time. */
function prometheus(targets: Readonly<Record<string, string>>) {
  const scrapes = new Scrapes();
  const alerts = createAlerts(scrapes, { speedUp: SPEED_UP });
  const fired = new Set<string>();
  let firing: string[] = [];
  let evaluations = 0;
  const scrape = async ([job, url]: [string, string]) => {
    const answer = fetch(url, { signal: AbortSignal.timeout(2_000) });
    const text = await answer.then((one) => (one.ok ? one.text() : undefined)).catch(() => undefined);
    scrapes.add(job, Date.now(), text);
  };
  const turn = async () => {
    await Promise.all(Object.entries(targets).map(scrape));
    firing = [...new Set(alerts(Date.now()).map(({ alert }) => alert))];
    for (const alert of firing) fired.add(alert);
    evaluations += 1;
  };
  let ended = false;
  const loop = (async () => {
    for (; !ended; await new Promise((resolve) => setTimeout(resolve, 500))) await turn();
  })();
  onTestFinished(async () => {
    ended = true;
    await loop;
  });
  return {
    fired,
    evaluations: () => evaluations,
    /** All of these fire now. */
    fires: (alerts: readonly string[], timeoutMs: number) =>
      eventually(() => expect(firing).toEqual(expect.arrayContaining([...alerts])), { timeoutMs }),
    /** None of these fires now; none at all unless some are named. */
    quiet: (timeoutMs: number, alerts?: readonly string[]) =>
      eventually(() => expect(firing.filter((alert) => alerts?.includes(alert) ?? true)).toEqual([]), { timeoutMs }),
  };
}

test('each alert is raised by a real fault and ended by its end', { timeout: 420_000 }, async () => {
  const sink = await createSinkFixture('alerts');
  onTestFinished(() => sink.test.remove());
  const { root, env, environment } = sink.test;
  const only = ['--only', 'positions'];
  const connect = (...words: string[]) => succeed([...words, ...only], { cwd: root, env });
  const start = (...words: string[]): CliProcess => {
    const process = startCli([...words, ...only], { cwd: root, env });
    onTestFinished(async () => {
      process.child.kill('SIGKILL');
      await process.ended;
    });
    return process;
  };
  await sink.deploy();
  await shortenRetention(environment.kafka.brokers, sink.stream.topic.name);
  // Watch, and the commands, reach the database by a proxy; the sink does not.
  let proxy = await startCutProxy(environment.database.port);
  onTestFinished(() => proxy.close());
  const yaml = join(root, 'connect.yaml');
  writeFileSync(yaml, readFileSync(yaml, 'utf8').replace(`port: ${environment.database.port}`, `port: ${proxy.port}`));
  const feed = async (options: Partial<SimulatorOptions>) => {
    const served = await simulatePositions({ port: Number(environment.feed.address.split(':')[1]), ...options });
    onTestFinished(() => served.close().catch(() => {}));
    return served;
  };

  const [watchPort = 0, producePort = 0] = await freePorts(2);
  const startWatch = () => start('watch', '--every', '1s', '--metrics', String(watchPort));
  let watch = startWatch();
  await eventually(async () => expect((await fetch(`http://127.0.0.1:${watchPort}/readyz`)).status).toBe(200), {
    timeoutMs: 60_000,
  });
  const { fires, quiet, fired, evaluations } = prometheus({
    watch: `http://127.0.0.1:${watchPort}/metrics`,
    produce: `http://127.0.0.1:${producePort}/metrics`,
  });

  await step('nothing is wrong, nothing is raised', async () => {
    await eventually(() => expect(evaluations()).toBeGreaterThan(6), { timeoutMs: 30_000 });
    expect([...fired]).toEqual([]);
  });

  await step('updates that the table cannot hold, and a record that stops the sink', async () => {
    const faulty = await feed({ seed: 5, updates: 200, faulty: 3 });
    await connect('produce', '--end-with-feed');
    await faulty.close();
    await sink.produceBytes('Position1', sink.encode(1, { symbol: 'X'.repeat(40) }));
    await fires(['PerpsQuarantineAskedFor', 'PerpsTaskFailed'], 60_000);
    await connect('quarantine', '--yes');
    await quiet(30_000, ['PerpsQuarantineAskedFor', 'PerpsTaskFailed']);
  });

  await feed({ seed: 6, ratePerSecond: 300 });
  const producer = start('produce', '--metrics', String(producePort));

  await step('the database is cut off', async () => {
    await quiet(60_000, ['PerpsProducerGone', 'PerpsTableBehind']);
    const { port } = proxy;
    proxy.close();
    await fires(['PerpsPartDown'], 30_000);
    proxy = await startCutProxy(environment.database.port, port);
    await quiet(30_000, ['PerpsPartDown']);
  });

  await step('watch is killed', async () => {
    watch.child.kill('SIGKILL');
    await watch.ended;
    await fires(['PerpsWatchGone'], 20_000);
    watch = startWatch();
    await quiet(30_000, ['PerpsWatchGone']);
  });

  await step('the table is gone, and later the producer', async () => {
    await sink.query('ALTER TABLE positions RENAME TO away');
    await fires(['PerpsSinkDown', 'PerpsTaskFailed', 'PerpsLagGrows'], 60_000);
    producer.child.kill('SIGKILL');
    // Meanwhile they have been counted.
    await fires(['PerpsUpdatesRefused', 'PerpsDeadLetters'], 90_000);
    await connect('rejected', 'discard', '--reason', 'a test', '--yes');
    await connect('dlq', 'discard', '--reason', 'a test', '--yes');
    await fires(['PerpsSinkDown', 'PerpsTableBehind', 'PerpsRetentionInDanger', 'PerpsProducerGone'], 120_000);
    await sink.query('ALTER TABLE away RENAME TO positions');
    start('produce', '--metrics', String(producePort));
    await connect('restart', '--failed');
    await quiet(90_000);
  });

  expect([...fired].sort()).toEqual(
    alertRules()
      .map(({ alert }) => alert)
      .filter((alert) => alert !== ELSEWHERE)
      .sort(),
  );
});

/** As an operator does who wants to save disk. */
async function shortenRetention(brokers: readonly string[], topic: string): Promise<void> {
  const admin = createKafka({ brokers }, 'test').admin();
  await admin.connect();
  const configEntries = [{ name: 'retention.ms', value: String(RETENTION_MS) }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries }] });
  await admin.disconnect();
}
