import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPool, type PostgresConnection, withPostgres } from '../../../core/postgres.ts';

/** Type and length of a message that asks for the password as it is: AuthenticationCleartextPassword. */
const ASKS = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);
/** The type of a message that holds a password. */
const PASSWORD = 'p'.charCodeAt(0);

let server: Server;
let heard: Buffer;
let connection: PostgresConnection;

beforeEach(async () => {
  heard = Buffer.alloc(0);
  server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(ASKS);
      socket.on('data', (chunk) => {
        heard = Buffer.concat([heard, chunk]);
        socket.destroy();
      });
    });
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  connection = { host: '127.0.0.1', port, database: 'perps', user: 'perps', password: 'the password' };
});
afterEach(() => void server.close());

it('a server that asks for the password in clear text does not get it', async () => {
  await expect(withPostgres(connection, async () => {})).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringMatching(
      /^PostgreSQL at 127\.0\.0\.1:\d+\/perps did not get the password: it asks for it|in clear text$/,
    ),
    hint: expect.stringContaining('scram-sha-256'),
  });
  expect(heard).toHaveLength(0);
});

it('nor does it from one of a pool', async () => {
  const pool = createPool(connection, 1);
  await expect(pool.query('SELECT 1')).rejects.toThrow('in clear text');
  expect(heard).toHaveLength(0);
  await pool.end();
});

it('who says that nobody else can listen sends it', async () => {
  await expect(withPostgres({ ...connection, insecure: true }, async () => {})).rejects.toMatchObject({
    code: 'UNREACHABLE',
  });
  expect(heard[0]).toBe(PASSWORD);
  expect(heard.toString()).toContain('the password');
});
