import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { createContext } from '../../../cli/context.ts';
import { run } from '../../../cli/main.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { readOracle } from '../../../producer/simulator/oracle.ts';
import { openReader, updatesOf } from '../producer/simulator/feed-reader.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Session {
  readonly firstLine: Promise<string>;
  readonly ended: Promise<{ exitCode: number; stdout: string; stderr: string }>;
  interrupt(): void;
}

function simulate(...flags: string[]): Session {
  const abort = new AbortController();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const firstLine = once(stdout, 'data').then(([chunk]) => String(chunk).trim());
  const texts = Promise.all([text(stdout), text(stderr)]);
  let exitCode = 0;
  const context = createContext({
    env: {},
    cwd: packageRoot(),
    stdout,
    stderr,
    isTty: false,
    signal: abort.signal,
    setExitCode: (code) => {
      exitCode = code;
    },
  });
  const ended = run(['simulate', '--port', '0', ...flags], context).then(async () => {
    stdout.end();
    stderr.end();
    const [out, err] = await texts;
    return { exitCode, stdout: out, stderr: err };
  });
  return { firstLine, ended, interrupt: () => abort.abort() };
}

describe('connect simulate', () => {
  it('serves the feeds until it is interrupted, then says what it sent', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'simulate-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const session = simulate('--only', 'positions', '--updates', '1000', '--faulty', '3', '--oracle', folder);
    const [address = '', service] = (await session.firstLine).split(/\s+/);
    expect(service).toBe('perps.v1.PositionFeed');
    const reader = openReader(address);
    cleanups.push(() => reader.close());
    expect(updatesOf(await reader.read())).toHaveLength(1_000);
    session.interrupt();
    const { exitCode, stderr } = await session.ended;
    expect(exitCode).toBe(0);
    expect(stderr).toContain('sent 1,000 updates');
    let rejected = 0;
    for await (const entry of readOracle(join(folder, 'positions.ndjson')))
      if (entry.expect === 'rejected') rejected += 1;
    expect(rejected).toBe(3);
  });

  it('prints its address as JSON when asked to', async () => {
    const session = simulate('--only', 'positions', '-o', 'json');
    await session.firstLine;
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
  ])('refuses %j with exit 64', async (flags, message) => {
    const { exitCode, stderr } = await simulate(...flags).ended;
    expect(exitCode).toBe(64);
    expect(stderr).toContain(message);
  });
});
