import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { run } from '../../../cli/main.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { readOracle } from '../../../producer/simulator/oracle.ts';
import { capturedContext } from '../../support/captured-context.ts';
import { openReader, updatesOf } from '../../support/feed-reader.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function simulate(...flags: string[]) {
  const { context, said, firstOutput, interrupt } = capturedContext({ cwd: packageRoot() });
  const ended = run(['simulate', '--port', '0', ...flags], context).then(() => said);
  return { firstOutput, ended, interrupt };
}

describe('connect simulate', () => {
  it('serves the feeds until it is interrupted, then says what it sent', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'simulate-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const session = simulate('--only', 'positions', '--updates', '1000', '--faulty', '3', '--oracle', folder);
    const [address = '', service] = (await session.firstOutput).trim().split(/\s+/);
    expect(service).toBe('perps.v1.PositionFeed');
    const reader = openReader(address);
    cleanups.push(() => reader.close());
    expect(updatesOf(await reader.read())).toHaveLength(1_000);
    session.interrupt();
    const { code, stderr } = await session.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('sent 1,000 updates');
    let rejected = 0;
    for await (const entry of readOracle(join(folder, 'positions.ndjson')))
      if (entry.expect === 'rejected') rejected += 1;
    expect(rejected).toBe(3);
  });

  it('prints its address as JSON when asked to', async () => {
    const session = simulate('positions', '-o', 'json');
    await session.firstOutput;
    session.interrupt();
    const { stdout } = await session.ended;
    expect(JSON.parse(stdout)).toEqual({
      address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      services: ['perps.v1.PositionFeed'],
    });
  });

  it.each([
    [['--updates', 'many'], 'a whole number'],
    [['--rate', '0'], 'a number above 0'],
    [['--updates', '3', '--faulty', '4'], '4 faulty updates cannot be among 3'],
    [['--only', 'position'], 'positions'],
    [['position'], 'did you mean "positions"?'],
    [['local'], '-e local'],
  ])('refuses %j with exit 64', async (flags, message) => {
    const { code, stderr } = await simulate(...flags).ended;
    expect(code).toBe(64);
    expect(stderr).toContain(message);
  });
});
