import avsc from 'avsc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectError } from '../../../core/errors.ts';
import { createHttp } from '../../../core/http.ts';
import { createKafka, withAdmin } from '../../../core/kafka.ts';
import { withPostgres } from '../../../core/postgres.ts';
import { waitFor } from '../../../core/retry.ts';
import { groupRoles } from '../../../pipeline/names.ts';
import { eventually } from '../../support/eventually.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';
import { restConnect } from '../../support/rest-connect.ts';

describe('a project on the embedded stack', () => {
  let test: TestProject;
  beforeAll(async () => {
    test = await createTestProject({ name: 'shared' });
  });
  afterAll(() => test.remove());

  it('has a database of its own, owned by its role', async () => {
    const rows = await withPostgres(test.database, async (client) => {
      await client.query('CREATE TABLE probe (id int)');
      return (await client.query('SELECT current_database() AS name, current_user AS role')).rows;
    });
    expect(rows).toEqual([{ name: `test_${test.suffix}`, role: 'perps' }]);
  });

  it('reaches a broker that creates topics only when told to', async () => {
    const { brokers } = test.environment.kafka;
    await withAdmin({ brokers }, 'test', async (admin) => {
      const topic = `probe-${test.suffix}`;
      await admin.createTopic({ name: topic, partitions: 3 });
      await eventually(async () => expect(await admin.ranges(topic)).toHaveLength(3), { timeoutMs: 10_000 });
    });
  });

  it('reaches a worker that lists the sink and the Avro converter', async () => {
    const http = createHttp({ what: 'Connect', baseUrl: restConnect(test.environment).url });
    const { body } = await http.request<{ class: string; type: string; version: string }[]>(
      'GET',
      '/connector-plugins?connectorsOnly=false',
    );
    expect(body).toContainEqual({
      class: 'io.debezium.connector.jdbc.JdbcSinkConnector',
      type: 'sink',
      version: '3.6.0.Final',
    });
    expect(body.map((plugin) => plugin.class)).toContain('io.apicurio.registry.utils.converter.AvroConverter');
  });

  it('gives connectors the environment variables of this package and no others', async () => {
    const http = createHttp({ what: 'Connect', baseUrl: restConnect(test.environment).url });
    // Passwords are hidden in the worker's answer; the user name is not.
    const resolved = async (reference: string) => {
      const { body } = await http.request<{ configs: { value: { name: string; value: string | null } }[] }>(
        'PUT',
        '/connector-plugins/io.debezium.connector.jdbc.JdbcSinkConnector/config/validate',
        {
          'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
          name: 'probe',
          topics: 'probe',
          'connection.url': test.environment.worker.databaseUrl,
          'connection.username': reference,
        },
      );
      return body.configs.find(({ value }) => value.name === 'connection.username')?.value.value;
    };
    const password = test.environment.worker.databasePassword;
    const path = password.replace('PERPS_WORKER_PASSWORD', 'PATH');
    expect(await resolved(password)).toBe(test.env.PERPS_WORKER_PASSWORD);
    expect(await resolved(path)).toBe(path);
  });

  it('reaches a registry whose ids the converter reads', async () => {
    const http = createHttp({ what: 'the registry', baseUrl: test.environment.registry.url });
    const subject = `probe-${test.suffix}-value`;
    const schema = JSON.stringify({ type: 'record', name: 'Probe', fields: [{ name: 'id', type: 'long' }] });
    const { status, body } = await http.request<{ id: number }>('POST', `/subjects/${subject}/versions`, { schema });
    expect(status).toBe(200);
    // The registry's own API, which only the converter speaks.
    const { registryUrl } = test.environment.worker;
    const byContentId = await fetch(`${registryUrl}/apis/registry/v2/ids/contentIds/${body.id}`);
    expect(await byContentId.json()).toEqual(JSON.parse(schema));
  });

  it('moves a record through the converter and the sink into a table', async () => {
    const topic = `stored-${test.suffix}`;
    const subject = `${topic}-value`;
    const schema = {
      type: 'record',
      name: 'Stored',
      fields: [
        { name: 'id', type: 'string' },
        { name: 'amount', type: { type: 'bytes', logicalType: 'decimal', precision: 38, scale: 6 } },
        { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      ],
    };
    const registry = createHttp({ what: 'the registry', baseUrl: test.environment.registry.url });
    const { body } = await registry.request<{ id: number }>('POST', `/subjects/${subject}/versions`, {
      schema: JSON.stringify(schema),
    });
    await withPostgres(test.database, (client) =>
      client.query(`CREATE TABLE stored (id varchar(10) PRIMARY KEY, amount numeric(38,6), at timestamp);
        GRANT SELECT, INSERT, UPDATE ON stored TO ${groupRoles(test.environment.database).sink}`),
    );
    // id "a", amount -1.5 as the bytes of -1500000, at 2026-01-01T00:00:00.123Z as a zig-zag varint.
    const type = avsc.Type.forSchema(schema as avsc.Schema);
    const payload = type.toBuffer({ id: 'a', amount: Buffer.from([0xe9, 0x1c, 0xa0]), at: 1_767_225_600_123 });
    const header = Buffer.alloc(5);
    header.writeInt32BE(body.id, 1);
    const kafka = { brokers: test.environment.kafka.brokers };
    const producer = createKafka(kafka, 'test').producer();
    await withAdmin(kafka, 'test', (admin) => admin.createTopic({ name: topic, partitions: 1 }));
    await producer.connect();
    await producer.send({ topic, messages: [{ key: 'a', value: Buffer.concat([header, payload]) }] });
    await producer.disconnect();

    const { worker } = test.environment;
    const http = createHttp({ what: 'Connect', baseUrl: restConnect(test.environment).url });
    const created = await http.request('PUT', `/connectors/${topic}/config`, {
      'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
      topics: topic,
      'connection.url': worker.databaseUrl,
      'connection.username': worker.databaseUser,
      'connection.password': worker.databasePassword,
      'collection.name.format': 'public.stored',
      'insert.mode': 'upsert',
      'primary.key.mode': 'record_value',
      'primary.key.fields': 'id',
      'value.converter': 'io.apicurio.registry.utils.converter.AvroConverter',
      'value.converter.apicurio.registry.url': `${worker.registryUrl}/apis/registry/v2`,
      'value.converter.apicurio.registry.as-confluent': 'true',
      'value.converter.apicurio.registry.use-id': 'contentId',
    });
    expect(created.status).toBe(201);
    const row = await waitFor(
      async () => {
        const status = await http.request<{ tasks: { trace?: string }[] }>('GET', `/connectors/${topic}/status`);
        const trace = status.body.tasks?.find((task) => task.trace !== undefined)?.trace;
        if (trace !== undefined) throw new ConnectError('REFUSED', trace);
        const { rows } = await withPostgres(test.database, (client) => client.query('SELECT * FROM stored'));
        return rows[0] as unknown;
      },
      { timeoutMs: 30_000, what: 'the row' },
    );
    expect(row).toEqual({ id: 'a', amount: '-1.500000', at: '2026-01-01 00:00:00.123' });
  });
});
