import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMskHost } from '../../../../connectors/msk/host.ts';
import { createMskApi } from '../../../../connectors/msk/sdk/connect-api.ts';
import { renderSink } from '../../../../connectors/render/render-sink.ts';
import { connectorKeys } from '../../../../connectors/settings/connector-keys.ts';
import { connectorDrift, observeConnector } from '../../../../contract/drift/connector.ts';
import { loadProject } from '../../../../pipeline/load.ts';
import { loadAvroSchema } from '../../../../schemas/avro-schema.ts';
import { inMemoryGroups, numberedMembers } from '../../../support/in-memory-groups.ts';
import { inMemoryStoppedSinks } from '../../../support/in-memory-stopped-sinks.ts';
import { createMskProject, type MskProject } from '../../../support/msk/msk-project.ts';

/** What `connect check --live` tells of the positions sink; the group has `tasks` members. */
async function drift({ root }: MskProject, tasks: number): Promise<string[]> {
  const project = loadProject(root, {});
  const environment = project.environments.msk;
  const stream = project.streams.find(({ name }) => name === 'positions');
  if (environment?.connect.target !== 'msk' || stream === undefined) throw new Error('the project is another');
  const groups = inMemoryGroups();
  groups.setMembers(numberedMembers(tasks));
  const host = createMskHost({
    api: createMskApi(environment.connect),
    connect: environment.connect,
    pluginFile: 'not built',
    buildCommand: 'connect plugin build',
    groups,
    stopped: inMemoryStoppedSinks(),
    scrub: (text) => text,
  });
  const config = renderSink(stream, environment, loadAvroSchema(join(root, stream.schema)).fields);
  const placeOf = () => ({ file: stream.file, line: 1, column: 1 });
  const sink = { connector: stream.sink.name, config, placeOf };
  const running = await observeConnector(host, stream.sink.name);
  return [...connectorDrift(sink, running, connectorKeys(), host.label)].map(({ message }) => message);
}

test('a sink on MSK Connect as it was deployed has no drift, though no plugins are listed', {
  timeout: 60_000,
}, async () => {
  const project = await createMskProject();
  await project.deploy();
  expect(await drift(project, 2)).toEqual([]);
});

test('the number of tasks that autoscaled capacity has chosen is no drift', { timeout: 60_000 }, async () => {
  const project = await createMskProject({ capacity: { autoscaled: { mcuCount: 4, minWorkers: 1, maxWorkers: 2 } } });
  await project.deploy();
  expect(await drift(project, 8)).toEqual([]);
});

test('a setting that differs is told where it lives: polls too, though they stand in the worker configuration', {
  timeout: 60_000,
}, async () => {
  const project = await createMskProject();
  await project.deploy({ maxPollRecords: 6000, tasksMax: 1 });
  expect(await drift(project, 1)).toEqual([
    'consumer.override.max.poll.records is "6000" on MSK Connect in eu-central-1, the files say "1000"',
    'tasks.max is "1" on MSK Connect in eu-central-1, the files say "2"',
  ]);
});

test('what the service masks, a password or anything else, is no drift', { timeout: 60_000 }, async () => {
  const project = await createMskProject();
  await project.deploy();
  const connector = project.fake.connectors.get('positions-sink');
  Object.assign(connector?.settings.connectorConfiguration, {
    'connection.password': '********',
    'batch.size': '****',
  });
  expect(await drift(project, 2)).toEqual([]);
});
