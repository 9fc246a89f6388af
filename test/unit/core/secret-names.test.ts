import { expect, test } from 'vitest';
import { connectorKeys } from '../../../connectors/settings/connector-keys.ts';
import { isSecretKey, isSecretName } from '../../../core/secret-names.ts';

test.each([
  'connection.password',
  'sasl.jaas.config',
  'PGPASSWD',
  'api-key',
  'AWS_SECRET_ACCESS_KEY',
  'GITHUB_TOKEN',
  'token',
  'Set-Cookie',
  'value.converter.apicurio.registry.request.headers.authorization',
  'value.converter.basic.auth.user.info',
  'consumer.override.ssl.keystore.key',
  'ssl.key.passphrase',
])('%s is the name of a secret', (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each([
  'connection.url',
  'primary.key.fields',
  'config.providers.secretsmanager.class',
  'value.converter.basic.auth.credentials.source',
  'sasl.oauthbearer.token.endpoint.url',
  'consumer.override.sasl.oauthbearer.assertion.private.key.file',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_ACCESS_KEY_ID',
  'ExpiredTokenException',
  'secretArn',
])('%s is not the name of a secret', (name) => {
  expect(isSecretName(name)).toBe(false);
});

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
  expect(passwords.filter((name) => !isSecretName(name))).toEqual([]);
});

test.each([
  ['password', true],
  ['databasePassword', true],
  ['access_token', true],
  ['npm_token', true],
  ['api_token', true],
  ['secretArn', false],
  ['token', false],
  ['base_token', false],
  ['fee_token', false],
  ['arn:aws:secretsmanager:eu-west-1:1:secret:x', false],
])('the value at the key %s of our output is a secret: %s', (key, isSecret) => {
  expect(isSecretKey(key, new Set(['fee_token', 'access_token']))).toBe(isSecret);
});

test('a token that no record has lets somebody in', () => {
  expect(isSecretKey('fee_token')).toBe(true);
});
