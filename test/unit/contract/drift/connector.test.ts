import { expect, test } from 'vitest';
import { CONNECTOR_CLASS } from '../../../../connectors/render/debezium-jdbc.ts';
import { renderSink } from '../../../../connectors/render/render-sink.ts';
import { connectorKeys } from '../../../../connectors/settings/connector-keys.ts';
import type { SinkConfig } from '../../../../connectors/sink-config.ts';
import { connectorDrift, observeConnector } from '../../../../contract/drift/connector.ts';
import type { BrokenRule } from '../../../../contract/rule.ts';
import { inMemoryWorker } from '../../../support/in-memory-worker.ts';
import { staging, positions as stream } from '../../../support/positions-stream.ts';

const config = renderSink(stream, staging, [{ name: 'position_account' }, { name: 'signature' }]);
const sink = { connector: stream.sink.name, config, placeOf: () => ({ file: stream.file, line: 1, column: 1 }) };

/** What `check --live` says of settings and plugins when the cluster runs `live`. */
async function driftOf(live: SinkConfig): Promise<Pick<BrokenRule, 'rule' | 'path'>[]> {
  const { host, api } = inMemoryWorker();
  await api.putConfig(sink.connector, live);
  const running = await observeConnector(host, sink.connector);
  return [...connectorDrift(sink, running, connectorKeys(), host.label)]
    .filter(({ rule }) => rule !== 'DRIFT_PLUGIN')
    .map(({ rule, path }) => ({ rule, path }));
}

test('a connector that runs as the files say has not drifted', async () => {
  expect(await driftOf(config)).toEqual([]);
});

test('a setting that is spelled differently and means the same is no drift, as it is none for plan', async () => {
  const live = { ...config, 'tasks.max': '2 ', 'use.reduction.buffer': 'TRUE', 'delete.enabled': 'false' };
  expect(await driftOf(live)).toEqual([]);
});

test('a setting that the files leave to its default and the cluster spells out is no drift', async () => {
  expect(await driftOf({ ...config, 'dialect.sqlserver.identity.insert': 'false' })).toEqual([]);
});

test('each setting that means something else is a finding of its own, at the place that decides it', async () => {
  const { topics: _, ...rest } = config;
  expect(await driftOf({ ...rest, 'batch.size': '7' })).toEqual([
    { rule: 'DRIFT_SETTING', path: 'positions-sink.batch.size' },
    { rule: 'DRIFT_SETTING', path: 'positions-sink.topics' },
  ]);
});

test('a connector that is not there is one finding', async () => {
  const { host } = inMemoryWorker();
  const { sink: found } = await observeConnector(host, sink.connector);
  expect([...connectorDrift(sink, { sink: found, plugins: undefined }, connectorKeys(), host.label)]).toEqual([
    expect.objectContaining({ rule: 'DRIFT_CONNECTOR', path: sink.connector }),
  ]);
});

test('a plugin that the cluster lacks is an error, another version of it a note', () => {
  const plugins = [
    { class: CONNECTOR_CLASS, type: 'sink', version: '1.0' },
    { class: config['key.converter'] ?? '', type: 'converter' },
  ];
  const drift = [...connectorDrift(sink, { sink: undefined, plugins }, connectorKeys(), 'Kafka Connect')];
  expect(drift.filter(({ rule }) => rule === 'DRIFT_PLUGIN')).toEqual([
    expect.objectContaining({ path: 'positions-sink.connector.class', severity: 'note' }),
    expect.objectContaining({ path: 'positions-sink.value.converter', severity: 'error' }),
  ]);
});
