import { createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { accepts, requireFreePort } from '../../../stack/ports.ts';
import { freePorts } from '../../support/free-ports.ts';

async function listen(port: number, host: string): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  onTestFinished(() => void server.close());
  return server;
}

describe('a port of the stack', () => {
  it('is fine when nobody has it', async () => {
    const [port = 0] = await freePorts(1);
    await expect(requireFreePort('kafka', port)).resolves.toBeUndefined();
    expect(await accepts(port)).toBe(false);
  });

  it.each(['127.0.0.1', '0.0.0.0'])(
    'is refused when taken on %s, naming who has it and how to choose another',
    async (host) => {
      const [port = 0] = await freePorts(1);
      await listen(port, host);
      await expect(requireFreePort('registry', port)).rejects.toMatchObject({
        code: 'ENVIRONMENT',
        message: expect.stringMatching(
          new RegExp(`^port ${port}, meant for registry, is taken by process ${process.pid} \\(`),
        ),
        hint: expect.stringContaining('CONNECT_PORT_REGISTRY'),
        details: { part: 'registry', port, pid: process.pid },
      });
    },
  );
});
