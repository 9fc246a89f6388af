import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPool, type PostgresConnection, withPostgres } from '../../../core/postgres.ts';
import { eventually } from '../../support/eventually.ts';
import { createPrivatePostgres, type PrivatePostgres } from '../../support/private-postgres.ts';

let first: PrivatePostgres;
let second: PrivatePostgres;

beforeAll(async () => {
  first = await createPrivatePostgres();
  await first.stop('fast');
  second = await first.standby();
  await Promise.all([first.start(), second.start()]);
});
afterAll(async () => {
  await first?.remove();
  await second?.remove();
});

/** A connection by these servers, in their order. */
const by = (server: PrivatePostgres, ...standbys: PrivatePostgres[]): PostgresConnection => ({
  ...server.superuser,
  standbys: standbys.map(({ port }) => ({ host: '127.0.0.1', port })),
});
const portOf = (connection: PostgresConnection) =>
  withPostgres(connection, async (client) => (await client.query('SELECT inet_server_port() AS port')).rows[0]?.port);

test('of several servers a command uses the one that takes writes, also after a fail-over', async () => {
  expect(await portOf(by(first, second))).toBe(first.port);
  expect(await portOf(by(second, first))).toBe(first.port);

  await first.stop('immediate');
  await expect(portOf(by(first, second))).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringMatching(
      new RegExp(`^no server takes writes: .*:${first.port}/.*ECONNREFUSED.*; .*:${second.port}/.*it is a standby`),
    ),
    hint: expect.stringContaining('database.standbys'),
  });
  await second.query('SELECT pg_promote()');
  expect(await eventually(() => portOf(by(first, second)), { timeoutMs: 10_000 })).toBe(second.port);
});

test('a password that every server refuses is no outage', async () => {
  const nobody = { ...by(second, second), user: 'nobody' };
  await expect(portOf(nobody)).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringContaining('nobody') });
});

test('a pool that only reads is told so before its first query, and node-postgres warns of nothing', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on('warning', note);
  const pool = createPool({ ...by(second), readOnly: { statementTimeoutMs: 60_000 } }, 1);
  try {
    const { rows } = await pool.query(`SELECT current_setting('transaction_read_only') AS "readOnly"`);
    expect(rows).toEqual([{ readOnly: 'on' }]);
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
  } finally {
    await pool.end();
    process.off('warning', note);
  }
});
