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
