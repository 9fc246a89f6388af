import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { run } from '../../../cli/main.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { capturedContext } from '../../support/captured-context.ts';
import { freePorts } from '../../support/free-ports.ts';

async function produce(...flags: string[]) {
  const { context, said } = capturedContext({ cwd: packageRoot() });
  await run(['produce', ...flags], context);
  return said;
}

it.each(['', 'localhost', '127.0.0.1:', '127.0.0.1:70000', 'http://127.0.0.1:9464', '::1:9464', 'a b:1'])(
  'produce --metrics %j is refused with exit 64',
  async (address) => {
    const { code, stderr } = await produce('--metrics', address);
    expect(code).toBe(64);
    expect(stderr).toContain('an address is HOST:PORT, or a port of 127.0.0.1');
  },
);

it.each(['PORT', '127.0.0.1:PORT', 'localhost:PORT'])(
  'produce --metrics %s says that the port is taken, before it asks any server',
  async (address) => {
    const [port = 0] = await freePorts(1);
    const holder = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    onTestFinished(() => void holder.close());
    const { code, stderr } = await produce('--metrics', address.replace('PORT', String(port)));
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot serve metrics at (127\.0\.0\.1|localhost):\d+: port \d+ is taken/);
    expect(stderr).toContain('--metrics HOST:PORT');
  },
);
