import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../core/log.ts';
import { adapterHealth } from '../../../../producer/adapter/adapter-health.ts';
import { openAdapter } from '../../../../producer/adapter/open-adapter.ts';

describe('a module', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'adapter-'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  let number = 0;
  const contextOf = (text: string) => {
    number += 1;
    writeFileSync(join(root, `${number}.mjs`), text);
    return {
      root,
      stream: 'lines',
      adapter: { module: `${number}.mjs`, options: { market: 'SOL' }, position: { kind: 'none' as const } },
      connection: { address: 'feed:1', tls: false, token: 'let me in' },
      logger: silentLogger,
    };
  };

  it('is given its options, and the connection of the environment', async () => {
    const text = `export default async ({ stream, options, connection }) =>
      ({ address: [stream, options.market, connection.address, connection.token, connection.tls].join(' '), read() {} })`;
    expect((await openAdapter(contextOf(text))).address).toBe('lines SOL feed:1 let me in false');
  });

  it.each([
    ['throw new Error("no such host")', 'INVALID_DEFINITION', /cannot be loaded: no such host/],
    ['export const open = 1', 'INVALID_DEFINITION', /no function as its default export/],
    ['export default () => ({ address: "x" })', 'INVALID_DEFINITION', /no function `read`/],
    ['export default () => ({ read() {} })', 'INVALID_DEFINITION', /its `address` is no text/],
    ['export default () => undefined', 'INVALID_DEFINITION', /no function `read`/],
    ['export default async () => { throw new Error("key revoked") }', 'REFUSED', /cannot open its feed: key revoked/],
    ['export default () => { throw new Error("key revoked") }', 'REFUSED', /cannot open its feed: key revoked/],
  ])('that is none is refused: %s', async (text, code, message) => {
    await expect(openAdapter(contextOf(text))).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('tells its health to doctor; without that, what it can replay', async () => {
    const health = (members: string) =>
      adapterHealth(
        contextOf(`export default () => ({ address: 'x', read() {}, ${members} })`),
        AbortSignal.timeout(1_000),
      );
    expect(await health('health: async () => "well"')).toBe('well');
    expect(await health('replayWindow: async () => ({ earliest: "1", latest: "2" })')).toBe('can replay 1 to 2');
    expect(await health('')).toMatch(/does not say whether it answers/);
    expect(await health('health: async () => "well", close() { throw new Error("closed twice") }')).toBe('well');
    await expect(health('health: async () => { throw new Error("ill") }')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('failed: ill'),
    });
  });
});
