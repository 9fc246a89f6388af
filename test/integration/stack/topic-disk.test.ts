import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { withAdmin } from '../../../core/kafka.ts';
import { connectProducer } from '../../../core/kafka-producer.ts';
import { propertiesText } from '../../../core/properties.ts';
import { classPathOf, inCache, readArtifactLock } from '../../../stack/artifacts.ts';
import { JMX_PORT } from '../../../stack/docker/places.ts';
import { artifactStore, fetchArtifacts } from '../../../stack/fetch-artifacts.ts';
import { findJava } from '../../../stack/java.ts';
import { brokerSettings } from '../../../stack/settings/broker.ts';
import { alertRules, createAlerts } from '../../support/alert-rules.ts';
import { repositoryFile } from '../../support/compose-file.ts';
import { eventually } from '../../support/eventually.ts';
import { freePorts } from '../../support/free-ports.ts';
import { runBroker } from '../../support/run-broker.ts';
import { Scrapes } from '../../support/scrapes.ts';
import { scratchFolder } from '../../support/scratch.ts';

const LIMIT = 1_000_000;

/** A broker that looks for what to delete twice a second, and the exporter of its metrics; returns their addresses. */
async function startMeasuredBroker() {
  const folder = scratchFolder();
  const [port = 0, controller = 0, jmx = 0, exporter = 0] = await freePorts(4);
  const address = `127.0.0.1:${port}`;
  const config = join(folder, 'server.properties');
  mkdirSync(join(folder, 'data'));
  const settings = brokerSettings({
    clients: { PLAINTEXT: { listen: address, advertised: address } },
    controller: { listen: `127.0.0.1:${controller}`, voter: `127.0.0.1:${controller}` },
    dataFolder: join(folder, 'data'),
  });
  writeFileSync(config, propertiesText({ ...settings, 'log.retention.check.interval.ms': 500 }));
  const remote = ['authenticate=false', 'ssl=false', 'host=127.0.0.1', `port=${jmx}`, `rmi.port=${jmx}`];
  const jvm = ['-Djava.rmi.server.hostname=127.0.0.1', ...remote.map((set) => `-Dcom.sun.management.jmxremote.${set}`)];
  await runBroker({ folder, config, address, jvm });

  const store = artifactStore(process.env);
  const group = inCache(store.cache, 'exporter', readArtifactLock().docker.exporter);
  await fetchArtifacts([group], store);
  const rules = join(folder, 'kafka-metrics.yaml');
  writeFileSync(
    rules,
    repositoryFile('docker/observability/kafka-metrics.yaml').replace(`127.0.0.1:${JMX_PORT}`, `127.0.0.1:${jmx}`),
  );
  const { command } = await findJava(process.env);
  const args = ['-Xmx96m', '-XX:TieredStopAtLevel=1', '-jar', classPathOf(group), `${exporter}`, rules];
  const child = spawn(command, args, { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { connection: { brokers: [address] }, url: `http://127.0.0.1:${exporter}/metrics` };
}

test('an alert tells that a topic fills the disk, and ends when its retention has emptied it', {
  timeout: 180_000,
}, async () => {
  const { connection, url } = await startMeasuredBroker();
  const config = { 'retention.ms': '6000', 'segment.bytes': '1048576', 'file.delete.delay.ms': '100' };
  const topic = { name: 'positions', partitions: 1, config };
  await withAdmin(connection, 'test', (admin) => admin.createTopic(topic));

  // The rule as it is, but for a disk that is full sooner, and a wait of a second.
  const rules = alertRules()
    .filter(({ alert }) => alert === 'PerpsTopicDisk')
    .map((rule) => ({ ...rule, expr: rule.expr.replace('53687091200', String(LIMIT)) }));
  expect(rules[0]?.expr).toContain(`> ${LIMIT}`);
  const scrapes = new Scrapes();
  const alerts = createAlerts(scrapes, { rules, speedUp: 900 });
  let text = '';
  const look = async () => {
    text = await (await fetch(url)).text();
    scrapes.add('kafka', Date.now(), text);
    return alerts(Date.now());
  };
  await eventually(
    async () => {
      expect(await look()).toEqual([]);
      expect(text).toMatch(/^kafka_log_size_bytes\{partition="0",topic="positions"\} 0\.0$/m);
    },
    { timeoutMs: 60_000 },
  );

  const producer = await connectProducer(connection, { clientId: 'test' });
  for (let request = 0; request < 4; request += 1) {
    const message = { key: null, value: Buffer.alloc(900_000, request), partition: 0, headers: {} };
    await producer.send(new Map([['positions', [message]]]));
  }
  await producer.disconnect();
  await eventually(
    async () => {
      expect(await look()).toEqual([{ alert: 'PerpsTopicDisk', labels: { topic: 'positions' } }]);
    },
    { timeoutMs: 30_000 },
  );
  await eventually(async () => expect(await look()).toEqual([]), { timeoutMs: 60_000 });
});
