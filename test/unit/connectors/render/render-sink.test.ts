import { expect, test } from 'vitest';
import { explainSink, renderSink } from '../../../../connectors/render/render-sink.ts';
import { positions, staging } from '../../../support/positions-stream.ts';

const fields = [{ name: 'position_account' }, { name: 'signature' }, { name: 'slot' }];

test('a sink is rendered the same each time, to the last key', async () => {
  const text = `${JSON.stringify(renderSink(positions, staging, fields), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot('../../../fixtures/render/positions-sink.json');
  expect(`${JSON.stringify(renderSink(positions, staging, fields), null, 2)}\n`).toBe(text);
});

test('every setting has a reason, and no key is set twice', () => {
  for (const onUndecodable of ['fail', 'dlq'] as const) {
    const settings = explainSink({ ...positions, sink: { ...positions.sink, onUndecodable } }, staging, fields);
    expect(settings.filter(({ reason }) => reason === '')).toEqual([]);
    expect(new Set(settings.map(({ key }) => key)).size).toBe(settings.length);
  }
});

test('rewritten batches and the reduction buffer come together', () => {
  const config = renderSink(positions, staging, fields);
  expect(config['connection.url']).toContain('reWriteBatchedInserts=true');
  expect(config['use.reduction.buffer']).toBe('true');
});

test("the sink's waiting for PostgreSQL ends before its group takes the partitions away", () => {
  const config = renderSink(positions, staging, fields);
  const timeoutMs = (name: string) =>
    1_000 * Number(new RegExp(`${name}=(\\d+)`).exec(config['connection.url'] ?? '')?.[1]);
  const tries = Number(config['flush.max.retries']);
  const longest =
    timeoutMs('socketTimeout') + tries * (Number(config['flush.retry.delay.ms']) + timeoutMs('loginTimeout'));
  expect(longest).toBeLessThan(Number(config['consumer.override.max.poll.interval.ms']));
});

test('what the JDBC URL says already stays as it is', () => {
  const worker = { ...staging.worker, databaseUrl: 'jdbc:postgresql://db/perps?connectTimeout=30&socketTimeout=20' };
  const url = renderSink(positions, { ...staging, worker }, fields)['connection.url'];
  expect(url).toBe(
    'jdbc:postgresql://db/perps?connectTimeout=30&socketTimeout=20&ApplicationName=positions-sink&reWriteBatchedInserts=true&loginTimeout=5&targetServerType=primary&tcpKeepAlive=true&requireAuth=!password',
  );
});

test('undecodable records go to a dead letter topic only when the definition says so, and never silently', () => {
  const kept = renderSink(positions, staging, fields);
  expect(kept['errors.tolerance']).toBe('none');
  expect(Object.keys(kept).some((key) => key.startsWith('errors.deadletterqueue'))).toBe(false);

  const moved = renderSink({ ...positions, sink: { ...positions.sink, onUndecodable: 'dlq' } }, staging, fields);
  expect(moved).toMatchObject({
    'errors.tolerance': 'all',
    'errors.deadletterqueue.topic.name': 'positions.dlq',
    'errors.deadletterqueue.topic.replication.factor': '3',
    'errors.deadletterqueue.context.headers.enable': 'true',
  });
});

test('secrets stay references', () => {
  const config = renderSink(positions, staging, fields);
  expect(config['connection.password']).toBe(staging.worker.databasePassword);
});

test("Confluent's converter takes the place of Apicurio's, and nothing else changes", () => {
  const worker = { ...staging.worker, converter: 'confluent' as const, registryUrl: 'https://registry:8081' };
  const ofConfluent = renderSink(positions, { ...staging, worker }, fields);
  const ofApicurio = renderSink(positions, staging, fields);
  const ofConverter = (key: string) => key.startsWith('value.converter');
  const without = (config: typeof ofApicurio) =>
    Object.fromEntries(Object.entries(config).filter(([key]) => !ofConverter(key)));
  expect(without(ofConfluent)).toEqual(without(ofApicurio));
  expect(Object.fromEntries(Object.entries(ofConfluent).filter(([key]) => ofConverter(key)))).toEqual({
    'value.converter': 'io.confluent.connect.avro.AvroConverter',
    'value.converter.schema.registry.url': 'https://registry:8081',
  });
});

test('the login of the converter is written in its own words, and no secret among them', () => {
  const reference = '$' + '{env:P}';
  const stores = { keystore: '/w.p12', keystorePassword: reference };
  const apicurio = (worker: object) =>
    renderSink(positions, { ...staging, worker: { ...staging.worker, ...worker } }, fields);
  const confluent = (worker: object) => apicurio({ ...worker, converter: 'confluent' });
  const basic = { registryAuth: { type: 'basic', username: 'w', password: reference } };
  const bearer = { registryAuth: { type: 'bearer', token: reference } };
  expect(apicurio({ ...basic, registryTls: { ca: '/ca.pem', ...stores } })).toMatchObject({
    'value.converter.apicurio.auth.username': 'w',
    'value.converter.apicurio.auth.password': reference,
    'value.converter.apicurio.rest.request.ssl.ca-bundle.location': '/ca.pem',
    'value.converter.apicurio.rest.request.ssl.keystore.location': '/w.p12',
    'value.converter.apicurio.rest.request.ssl.keystore.type': 'PKCS12',
    'value.converter.apicurio.rest.request.ssl.keystore.password': reference,
    'value.converter.apicurio.rest.request.ssl.key.password': reference,
  });
  expect(apicurio(bearer)).toMatchObject({
    'value.converter.apicurio.rest.request.headers.Authorization': `Bearer ${reference}`,
  });
  const registryTls = { truststore: '/ca.jks', truststorePassword: reference };
  expect(confluent({ ...basic, registryTls })).toMatchObject({
    'value.converter.basic.auth.credentials.source': 'USER_INFO',
    'value.converter.basic.auth.user.info': `w:${reference}`,
    'value.converter.schema.registry.ssl.truststore.location': '/ca.jks',
    'value.converter.schema.registry.ssl.truststore.type': 'JKS',
    'value.converter.schema.registry.ssl.truststore.password': reference,
  });
  expect(confluent(bearer)).toMatchObject({
    'value.converter.bearer.auth.credentials.source': 'STATIC_TOKEN',
    'value.converter.bearer.auth.token': reference,
  });
});
