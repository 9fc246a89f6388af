import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createPool } from '../../../core/postgres.ts';

it('a pool logs in with its password', async () => {
  const password = await new Promise<string>((resolve, reject) => {
    const server = createServer((socket) => {
      // What a server answers to the first message: it asks for the password as it is.
      socket.once('data', () => {
        socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
        socket.once('data', (answer) => {
          resolve(answer.subarray(5, -1).toString());
          socket.destroy();
        });
      });
    }).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      const login = { host: '127.0.0.1', port, database: 'd', user: 'u', password: 'long-enough', insecure: true };
      const pool = createPool({ ...login, standbys: [] }, 1);
      onTestFinished(() => void server.close());
      pool.query('SELECT 1').catch(reject);
    });
  });
  expect(password).toBe('long-enough');
});

it('a pool hands out no client that could not be kept from writing', async () => {
  const message = (type: string, body: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length + 4);
    return Buffer.concat([Buffer.from(type), length, Buffer.from(body, 'latin1')]);
  };
  const ready = message('Z', 'I');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', '\0\0\0\0'), ready]));
      socket.on('data', (asked) => {
        const isSetting = asked.includes('default_transaction_read_only');
        const answer = isSetting ? message('E', 'SERROR\0C42501\0Mnot allowed\0\0') : message('C', 'SELECT 0\0');
        socket.write(Buffer.concat([answer, ready]));
      });
    });
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const login = { host: '127.0.0.1', port, database: 'd', user: 'u', password: 'long-enough', standbys: [] };
  const reading = createPool({ ...login, readOnly: { statementTimeoutMs: 1_000 } }, 1);
  await expect(reading.query('SELECT 1')).rejects.toThrow('not allowed');
  const writing = createPool(login, 1);
  await expect(writing.query('SELECT 1')).resolves.toMatchObject({ rows: [] });
  await writing.end();
});
