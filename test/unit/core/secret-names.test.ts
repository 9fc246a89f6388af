import { expect, test } from 'vitest';
import { connectorKeys } from '../../../connectors/settings/connector-keys.ts';
import { isSecretName, isSecretOutputKey, isSecretSettingName } from '../../../core/secret-names.ts';

test.each(['connection.password', 'sasl.jaas.config', 'PGPASSWD', 'api-key', 'AWS_SECRET_ACCESS_KEY', 'token'])(
  '%s is the name of a secret',
  (name) => {
    expect(isSecretName(name)).toBe(true);
    expect(isSecretSettingName(name)).toBe(true);
  },
);

test.each(['connection.url', 'primary.key.fields', 'config.providers.secretsmanager.class'])(
  '%s is not the name of a secret',
  (name) => {
    expect(isSecretSettingName(name)).toBe(false);
  },
);

test('a setting of a config provider is judged by its own name', () => {
  expect(isSecretName('config.providers.secretsmanager.param.token')).toBe(true);
});

test('every setting that the pinned parts call a PASSWORD is a secret by its name as well', () => {
  const { sink, plugins, consumer, producer, admin } = connectorKeys();
  const passwords = [sink, ...plugins.values(), consumer, producer, admin]
    .flatMap(({ keys }) => [...keys.values()])
    .filter(({ type }) => type === 'PASSWORD')
    .map(({ name }) => name);
  expect(passwords.length).toBeGreaterThan(20);
  expect(passwords.filter((name) => !isSecretSettingName(name))).toEqual([]);
});

test.each([
  ['password', true],
  ['databasePassword', true],
  ['secretArn', false],
  ['base_token', false],
  ['arn:aws:secretsmanager:eu-west-1:1:secret:x', false],
])('the value at the key %s of our output is a secret: %s', (key, isSecret) => {
  expect(isSecretOutputKey(key)).toBe(isSecret);
});
