import { expect, test } from 'vitest';
import { complaints, LOCAL, POSITIONS } from './project-folder.ts';

const SECRET = 'hunter2-9f8e7d';

const remote = (changes: Record<string, string> = {}): string => {
  const parts = {
    kafka: '{ brokers: [b:9092] }',
    registry: '{ url: "http://r:8081" }',
    database: '{ host: db, name: perps, user: app, password: "$' + '{env:PGPASSWORD}" }',
    connect: '{ target: rest, url: "http://c:8083" }',
    worker: '{ databasePassword: "$' + '{env:PGPASSWORD}" }',
    feed: '{ address: "f:443" }',
    ...changes,
  };
  const lines = Object.entries(parts).map(([key, value]) => `    ${key}: ${value}`);
  return `default: staging\nenvironments:\n  staging:\n${lines.join('\n')}\n`;
};

test('references are accepted', () => {
  expect(complaints({ 'connect.yaml': remote() })).toEqual([]);
});

test.each([
  [
    'a token of a config provider',
    {
      connect: `{ target: msk, workerConfiguration: { config.providers.secretsmanager.param.token: ${SECRET} } }`,
    },
    7,
  ],
  ['a database password', { database: `{ host: db, name: perps, user: app, password: ${SECRET} }` }, 6],
  ['a password that is a number', { database: '{ host: db, name: perps, user: app, password: 90210 }' }, 6],
  ['a worker password', { worker: `{ databasePassword: ${SECRET} }` }, 8],
  ['a feed token', { feed: `{ address: "f:443", token: ${SECRET} }` }, 9],
  [
    'a SASL password',
    { kafka: `{ brokers: ["b:9092"], sasl: { mechanism: plain, username: u, password: ${SECRET} } }` },
    4,
  ],
  ['a password under an unknown key', { registry: `{ url: "http://r", passwrd: ${SECRET} }` }, 5],
  ['credentials in a URL', { registry: `{ url: "http://app:${SECRET}@r:8081" }` }, 5],
  ['a token as user in a URL', { connect: `{ target: rest, url: "https://${SECRET}@c:8083" }` }, 7],
  [
    'credentials in a JDBC URL',
    {
      worker: `{ databaseUrl: "jdbc:postgresql://db/perps?user=a&password=${SECRET}", databasePassword: "$\{env:P}" }`,
    },
    8,
  ],
  ['credentials in a broker', { kafka: `{ brokers: ["app:${SECRET}@b:9092"] }` }, 4],
])('%s in plain text is refused without being repeated', (_what, change, line) => {
  const problems = complaints({ 'connect.yaml': remote(change) });
  expect(problems.length).toBeGreaterThan(0);
  expect(problems[0]).toMatch(new RegExp(`^connect\\.yaml:${line}:`));
  expect(problems.join('\n')).not.toContain(SECRET);
  expect(problems.join('\n')).not.toContain('90210');
});

test.each(['sasl.jaas.config', 'ssl.keystore.password', 'api.key'])('%s among topic settings is refused', (key) => {
  const definition = POSITIONS.replace('partitions: 4', `partitions: 4\n  config: { ${key}: "${SECRET}" }`);
  const problems = complaints({ 'connect.yaml': LOCAL, 'connectors/positions.yaml': definition });
  expect(problems.join('\n')).toContain(`"${key}" is no topic setting`);
  expect(problems.join('\n')).not.toContain(SECRET);
});

test('a syntax error beside a secret does not quote the line', () => {
  const problems = complaints({ 'connect.yaml': `default: a\npassword: ${SECRET}: [\n  token: "${SECRET}\n` });
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.join('\n')).not.toContain(SECRET);
});

test('a duplicate secret key does not quote its value', () => {
  expect(complaints({ 'connect.yaml': `password: ${SECRET}\npassword: ${SECRET}\n` })).toEqual([
    'connect.yaml:2:1  this key is written twice; keep one of the two',
  ]);
});
