import { describe, expect, it } from 'vitest';
import { importedTopic, importSink } from '../../../connectors/import-sink.ts';
import { renderSink } from '../../../connectors/render/render-sink.ts';
import type { RunState, SinkConfig } from '../../../connectors/sink-config.ts';
import { createScrub } from '../../../core/scrub.ts';
import { definitionText } from '../../../pipeline/definition-text.ts';
import { plainFeed } from '../../../pipeline/feed.ts';
import { loadProject } from '../../../pipeline/load.ts';
import type { SinkDefinition } from '../../../pipeline/types.ts';
import { positions, staging } from '../../support/positions-stream.ts';
import { LOCAL, projectFolder } from '../pipeline/project-folder.ts';

const fields = [{ name: 'slot' }, { name: 'size' }];

const rendered = (sink: Partial<SinkDefinition> = {}): Record<string, string> =>
  renderSink({ ...positions, sink: { ...positions.sink, ...sink } }, staging, fields);

function imported(live: SinkConfig, state: RunState = 'RUNNING') {
  return importSink('positions-sink', live, {
    environment: staging,
    fields,
    state,
    stream: { ...positions, table: {} },
    scrub: createScrub(['known-to-be-secret']),
  });
}

describe('importing a connector', () => {
  const cases: Record<string, Partial<SinkDefinition>> = {
    'as a plain definition makes it': {},
    'of other sizes': { tasksMax: 4, batchSize: 100, maxPollRecords: 700, maxPartitionFetchBytes: 2048 },
    'with the dead letter topic': { onUndecodable: 'dlq' },
    'with a field left out': { omit: ['size'] },
    'with settings of its own, also one that is taken away by a default': {
      config: { 'flush.max.retries': '7', 'consumer.override.fetch.min.bytes': '65536', 'truncate.enabled': 'true' },
    },
    'with a secret that is a reference': { config: { 'consumer.override.ssl.key.password': '$' + '{env:KEY}' } },
  };

  it.each(Object.entries(cases))('comes back to the letter: %s', (_case, sink) => {
    const { stream, differences } = imported(rendered(sink));
    expect(differences).toEqual([]);
    expect(stream.sink).toEqual({ ...positions.sink, ...sink });
    expect(renderSink(stream, staging, fields)).toEqual(rendered(sink));
  });

  it('is a file that loads, with nothing in it that says nothing', () => {
    const { stream } = imported(rendered({ config: { 'flush.max.retries': '7' } }), 'PAUSED');
    const text = definitionText(
      {
        ...stream,
        feed: plainFeed('feed.proto', 'perps.v1.PositionFeed'),
        schema: 'record.avsc',
      },
      '../schemas/definition.json',
    );
    expect(text).toMatch(
      /^# yaml-language-server: \$schema=\.\.\/schemas\/definition\.json\nname: positions\nfeed:\n {2}proto: feed\.proto\n/,
    );
    expect(text).not.toMatch(/omit|ignore/);
    const root = projectFolder({ 'connect.yaml': LOCAL, 'connectors/positions.yaml': text });
    const [loaded] = loadProject(root, {}).streams;
    expect(loaded?.sink).toEqual({ ...stream.sink, config: { 'flush.max.retries': '7' }, state: 'paused' });
    expect(loaded?.topic).toEqual(positions.topic);
  });

  it('spells out the default of a setting that is not set live', () => {
    const { 'flush.max.retries': _gone, ...live } = rendered();
    const { stream, differences } = imported(live);
    expect(stream.sink.config).toEqual({ 'flush.max.retries': '5' });
    expect(differences).toEqual([]);
  });

  it('says what no definition can say', () => {
    const { 'consumer.override.max.poll.interval.ms': _gone, ...rest } = rendered();
    const { differences } = imported({ ...rest, 'connection.url': 'jdbc:postgresql://other:5432/perps' });
    expect(differences.map(({ key }) => key)).toEqual(['connection.url', 'consumer.override.max.poll.interval.ms']);
  });

  it.each([
    ['a literal', { 'consumer.override.ssl.key.password': 'hunter2-plain' }],
    ['a header', { 'value.converter.apicurio.registry.request.headers.authorization': 'Bearer hunter2' }],
    ['a value that is known to be secret', { 'consumer.override.client.rack': 'known-to-be-secret' }],
    ['a mask', { 'consumer.override.ssl.key.password': '********' }],
    ['a login in a URL', { 'some.url': 'https://app:hunter2-plain@host/' }],
  ])('never takes a secret along that is no reference: %s', (_what, changes) => {
    const task = () => imported({ ...rendered(), ...changes });
    expect(task).toThrow(/has a secret in .* that is no reference; nothing was written/);
    expect(task).not.toThrow(/hunter2/);
  });

  it('a literal database password is a difference and not in the file', () => {
    const { stream, differences } = imported({ ...rendered(), 'connection.password': 'hunter2-plain' });
    expect(differences).toMatchObject([{ key: 'connection.password', before: '(secret)' }]);
    expect(JSON.stringify([stream, differences])).not.toContain('hunter2');
  });

  it('refuses what no definition makes', () => {
    expect(importedTopic('x', rendered())).toBe('positions');
    expect(() => importedTopic('x', { ...rendered(), topics: 'a,b' })).toThrow(
      /x cannot be imported: a stream has one/,
    );
    expect(() => importedTopic('x', { ...rendered(), 'connector.class': 'a.B' })).toThrow(/it is a a\.B, definitions/);
  });
});

it('a connector with more settings than a sink can have is refused', () => {
  const many = Object.fromEntries(Array.from({ length: 1_001 }, (_one, index) => [`key.${index}`, 'x']));
  for (const config of [many, { key: 'x'.repeat(2 ** 20) }]) {
    expect(() =>
      importedTopic('huge', { 'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector', ...config }),
    ).toThrow('huge cannot be imported: its configuration is larger than any sink needs');
  }
});
