import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttp } from '../../../core/http.ts';
import { withAdmin } from '../../../core/kafka.ts';
import { withPostgres } from '../../../core/postgres.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

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
      await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true });
      expect(await admin.fetchTopicOffsets(topic)).toHaveLength(3);
    });
  });

  it('reaches a worker that lists the sink and the Avro converter, and nothing of what the sink does not need', async () => {
    const http = createHttp({ what: 'Connect', baseUrl: test.environment.connect.url });
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
    const http = createHttp({ what: 'Connect', baseUrl: test.environment.connect.url });
    const validate = async (password: string) => {
      const { body } = await http.request<{ configs: { value: { name: string; value: string | null } }[] }>(
        'PUT',
        '/connector-plugins/io.debezium.connector.jdbc.JdbcSinkConnector/config/validate',
        {
          'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
          name: 'probe',
          topics: 'probe',
          'connection.url': test.environment.worker.databaseUrl,
          'connection.username': 'perps',
          'connection.password': password,
        },
      );
      return body.configs.find(({ value }) => value.name === 'connection.password')?.value.value;
    };
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Kafka's syntax for a reference
    expect(await validate('${env:PERPS_DATABASE_PASSWORD}')).toBe(test.database.password);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Kafka's syntax for a reference
    expect(await validate('${env:PATH}')).not.toContain('/bin');
  });

  it('reaches a registry whose ids the converter reads', async () => {
    const http = createHttp({ what: 'the registry', baseUrl: test.environment.registry.url });
    const subject = `probe-${test.suffix}-value`;
    const schema = JSON.stringify({ type: 'record', name: 'Probe', fields: [{ name: 'id', type: 'long' }] });
    const { status, body } = await http.request<{ id: number }>('POST', `/subjects/${subject}/versions`, { schema });
    expect(status).toBe(200);
    const native = createHttp({ what: 'the registry', baseUrl: test.environment.worker.registryUrl });
    const byContentId = await native.request('GET', `/apis/registry/v2/ids/contentIds/${body.id}`);
    expect(byContentId.body).toEqual(JSON.parse(schema));
  });
});
