import { expect, test } from 'vitest';
import { ConnectError } from '../../../../../core/errors.ts';
import { feedReachable } from '../../../../../operate/doctor/checks/feed.ts';
import { postgresIdleTransactions } from '../../../../../operate/doctor/checks/postgres.ts';
import { registryReachable } from '../../../../../operate/doctor/checks/registry.ts';
import { plainFeed } from '../../../../../pipeline/feed.ts';
import { createSchemaRegistry } from '../../../../../schemas/registry.ts';
import { serveJson } from '../../../../support/json-server.ts';
import { positions, staging } from '../../../../support/positions-stream.ts';

test('a simulator is advised where the feed is on this machine, and nowhere else', async () => {
  const feedWindow = () => Promise.reject(new ConnectError('UNREACHABLE', 'the feed does not answer'));
  const diagnose = (address: string) =>
    feedReachable.run({
      streams: [positions],
      environment: { ...staging, feed: { ...staging.feed, address } },
      feedWindow,
      feedHealth: async () => 'unasked',
    });
  expect(await diagnose('127.0.0.1:19350')).toMatchObject([
    { verdict: 'warning', remedy: expect.stringContaining('connect simulate') },
  ]);
  const [foreign] = await diagnose('feed.example.com:443');
  expect(foreign).toMatchObject({ verdict: 'broken', message: 'the feed does not answer' });
  expect(foreign?.remedy).not.toContain('simulate');
});

test('a feed with a method of its own is broken when nobody answers, on this machine too: no simulator serves it', async () => {
  const stream = { ...positions, feed: { ...plainFeed('tape.proto', 'acme.md.Tape'), method: 'StreamPrints' } };
  const feedWindow = () => Promise.reject(new ConnectError('UNREACHABLE', 'takes no connection'));
  const environment = { ...staging, feed: { ...staging.feed, address: '127.0.0.1:19350' } };
  const diagnose = (ask: typeof feedWindow | (() => Promise<undefined>)) =>
    feedReachable.run({ streams: [stream], environment, feedWindow: ask, feedHealth: async () => 'unasked' });
  expect(await diagnose(feedWindow)).toMatchObject([{ verdict: 'broken', message: 'takes no connection' }]);
  expect(await diagnose(async () => undefined)).toMatchObject([
    { verdict: 'ok', message: expect.stringContaining('takes connections') },
  ]);
});

test('a feed that a module reads is asked by that module', async () => {
  const adapter = { module: 'feeds/lines.mjs', options: {}, position: { kind: 'none' } } as const;
  const stream = { ...positions, feed: undefined, adapter };
  const feedWindow = () => Promise.reject(new Error('unasked'));
  const diagnose = (feedHealth: () => Promise<string>) =>
    feedReachable.run({ streams: [stream], environment: staging, feedWindow, feedHealth });
  expect(await diagnose(async () => 'listens')).toMatchObject([{ verdict: 'ok', message: 'listens' }]);
  const ill = () =>
    Promise.reject(new ConnectError('UNREACHABLE', 'feeds/lines.mjs failed: ill', { hint: 'look there' }));
  expect(await diagnose(ill)).toMatchObject([{ verdict: 'broken', remedy: 'look there' }]);
});

test('a feed that refuses us is broken on this machine too, with the remedy of the refusal', async () => {
  const hint = 'get a new token for feed.token of connect.yaml';
  const feedWindow = () => Promise.reject(new ConnectError('REFUSED', 'says that the token has expired', { hint }));
  const environment = { ...staging, feed: { ...staging.feed, address: '127.0.0.1:19350' } };
  expect(
    await feedReachable.run({ streams: [positions], environment, feedWindow, feedHealth: async () => 'unasked' }),
  ).toMatchObject([{ verdict: 'broken', message: 'says that the token has expired', remedy: hint }]);
});

test('a registry that answers without its database is not blamed for its address', async () => {
  const { url } = await serveJson(() => ({ status: 500, body: { message: 'Connection to database refused' } }));
  const [diagnosis] = await registryReachable.run({ registry: createSchemaRegistry({ url }) });
  expect(diagnosis).toMatchObject({
    verdict: 'broken',
    message: expect.stringMatching(/^answers, but cannot serve: .*Connection to database refused/),
    remedy: expect.stringContaining('its database'),
  });
});

test('a database without a bound for idle transactions is a warning that says how to set one', async () => {
  const diagnose = (timeout: string) =>
    postgresIdleTransactions.run({
      database: { host: 'h', port: 1, database: 'perps', user: 'u', password: 'p' },
      query: async <Row extends object>() => [{ timeout }] as unknown as Row[],
    });
  expect(await diagnose('10min')).toMatchObject([{ verdict: 'ok' }]);
  expect(await diagnose('0')).toMatchObject([
    {
      verdict: 'warning',
      remedy: expect.stringMatching(/^ALTER DATABASE perps SET idle_in_transaction_session_timeout/),
    },
  ]);
});
