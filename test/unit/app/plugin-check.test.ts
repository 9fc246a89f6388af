import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { checkPlugin, withPlugin } from '../../../app/plugin-check.ts';
import { openEnvironment, openProject } from '../../../app/session.ts';
import type { SinkPlan } from '../../../connectors/host.ts';
import { NOTHING_ELSE, type PlanAction } from '../../../connectors/plan/entry.ts';
import { mskEnvironment } from '../../support/msk/msk-project.ts';
import { PLUGIN_CLASSES, pluginZip } from '../../support/msk/plugin-zip.ts';
import { copyProject } from '../../support/project.ts';
import { scratchFolder } from '../../support/scratch.ts';

/** What is found of the positions sink, whose plugin holds these classes. */
async function findingsOf({
  classes = PLUGIN_CLASSES,
  connect = {},
  environment = 'msk',
}: {
  classes?: Readonly<Record<string, number>>;
  connect?: object;
  environment?: string;
} = {}) {
  const root = scratchFolder();
  copyProject(root);
  const file = join(root, 'connect.yaml');
  const document = parseDocument(readFileSync(file, 'utf8'));
  const kafka = { brokers: ['127.0.0.1:1'], replicationFactor: 3 };
  document.setIn(['environments', 'msk'], { ...mskEnvironment('http://127.0.0.1:1', connect), kafka });
  writeFileSync(file, document.toString());
  mkdirSync(join(root, '.connect'), { recursive: true });
  writeFileSync(join(root, '.connect/plugin-msk.zip'), await pluginZip(classes));
  const runtime = { cwd: root, env: {}, signal: new AbortController().signal, learn: () => {} };
  const session = openEnvironment(openProject(runtime), environment, { ...runtime, only: ['positions'] });
  const [stream] = session.streams;
  if (stream === undefined) throw new Error('the project has no stream positions');
  return (await checkPlugin(session))(stream);
}

test('a plugin that holds everything that the configuration names is as good as none of a cluster by REST', async () => {
  expect(await findingsOf()).toEqual({ faults: [], notes: [] });
  expect(await findingsOf({ classes: {}, environment: 'local' })).toEqual({ faults: [], notes: [] });
});

test('a class that the plugin lacks is named with its setting, the file, and what puts it in', async () => {
  const { 'com/amazonaws/kafka/config/providers/SecretsManagerConfigProvider': _provider, ...classes } = PLUGIN_CLASSES;
  const { faults } = await findingsOf({ classes });
  expect(faults).toEqual([
    'com.amazonaws.kafka.config.providers.SecretsManagerConfigProvider, which worker config.providers.secretsmanager.class names, is not in .connect/plugin-msk.zip: `connect plugin build -e msk --jar FILE`, FILE being the release zip of github.com/aws-samples/msk-config-providers',
  ]);
});

test('a class for a newer Java than the workers have is a fault, one for the same Java is none', async () => {
  const converter = 'io/apicurio/registry/utils/converter/AvroConverter';
  expect((await findingsOf({ classes: { ...PLUGIN_CLASSES, [converter]: 17 } })).faults).toEqual([]);
  expect((await findingsOf({ classes: { ...PLUGIN_CLASSES, [converter]: 21 } })).faults).toEqual([
    'io.apicurio.registry.utils.converter.AvroConverter, which value.converter names, is built for Java 21 (plugin.jar in .connect/plugin-msk.zip), and the workers run Java 17',
  ]);
});

test('what nobody can tell is said: a plugin by its ARN, and a short name', async () => {
  const arn =
    'arn:aws:kafkaconnect:eu-central-1:123456789012:custom-plugin/perps/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d-2';
  const byArn = await findingsOf({ connect: { plugin: { arn, revision: 1 } } });
  expect(byArn).toMatchObject({
    faults: [],
    notes: [
      expect.stringMatching(/^the plugin is given by its ARN, so nobody has looked whether it holds io\.debezium\./),
    ],
  });
  const workerConfiguration = { 'header.converter': 'Simple' };
  expect((await findingsOf({ connect: { workerConfiguration } })).notes).toEqual([
    'whether the plugin has what worker header.converter means by "Simple" is not known',
  ]);
});

test('only a sink that would change is held back; one that is in sync is told of', () => {
  const planned = (action: PlanAction): SinkPlan => ({
    entries: [
      { ...NOTHING_ELSE, kind: 'plugin', name: 'perps-connect-1', action: 'create', summary: 'upload' },
      { ...NOTHING_ELSE, kind: 'connector', name: 'positions-sink', action, summary: 'as planned' },
    ],
    fingerprint: { desired: 'a', observed: 'b' },
  });
  const findings = { faults: ['x is not in it'], notes: ['y'] };
  expect(withPlugin(planned('create'), findings).entries).toMatchObject([
    {
      kind: 'connector',
      action: 'blocked',
      summary: 'its workers could not load the plugin: x is not in it',
      notes: ['y'],
    },
  ]);
  expect(withPlugin(planned('unchanged'), findings).entries.at(-1)).toMatchObject({
    action: 'unchanged',
    notes: ['x is not in it', 'y'],
  });
  expect(withPlugin(planned('create'), { faults: [], notes: [] })).toEqual(planned('create'));
});
