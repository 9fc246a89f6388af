import { expect, test } from 'vitest';
import { isClassName, namedClasses } from '../../../../connectors/settings/named-classes.ts';

test("every class that a plugin has to bring is named with its setting, Kafka's own left out", () => {
  const config = {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'com.example.Avro',
    'header.converter': 'com.example.Header',
    transforms: 'fields, mine',
    'transforms.fields.type': 'org.apache.kafka.connect.transforms.ReplaceField$Value',
    'transforms.mine.type': 'com.example.Mine$Value',
    'transforms.unused.type': 'com.example.Unused',
    predicates: 'isIt',
    'predicates.isIt.type': 'com.example.IsIt',
  };
  const worker = {
    'key.converter': 'com.example.Key',
    'config.providers': 'env,vault',
    'config.providers.env.class': 'org.apache.kafka.common.config.provider.EnvVarConfigProvider',
    'config.providers.vault.class': 'com.example.Vault',
    'config.providers.unused.class': 'com.example.Unused',
  };
  expect(namedClasses(config, worker).map(({ name, setting }) => `${setting}=${name}`)).toEqual([
    'connector.class=io.debezium.connector.jdbc.JdbcSinkConnector',
    'value.converter=com.example.Avro',
    'header.converter=com.example.Header',
    'transforms.mine.type=com.example.Mine$Value',
    'predicates.isIt.type=com.example.IsIt',
    'worker key.converter=com.example.Key',
    'worker config.providers.vault.class=com.example.Vault',
  ]);
});

test('a short name and a reference are no class names', () => {
  expect(['com.example.Mine$Value', 'Avro', '$' + '{env:CLASS}', 'a.b:c'].map(isClassName)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
