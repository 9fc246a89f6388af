import { describe, expect, it } from 'vitest';
import { inspectFeed } from '../../../../app/inspect-feed.ts';
import { capturedContext } from '../../../support/captured-context.ts';
import { serveReflection } from '../../../support/reflection-server.ts';

/** A reference to the variable TOKEN. */
const TOKEN = ['$', '{env:TOKEN}'].join('');

describe('where a feed is described', () => {
  const inspect = (source: Partial<Parameters<typeof inspectFeed>[1]>, env = {}) =>
    inspectFeed(capturedContext({ cwd: '/', env }).context, { timeoutMs: 2_000, ...source });

  it.each<[string, Parameters<typeof inspect>[0], RegExp]>([
    ['nowhere', {}, /a feed is at one place, and none is given/],
    ['twice', { address: 'a:1', descriptorSet: 'b' }, /ADDRESS and --descriptor-set is given/],
    ['a file that is not there', { descriptorSet: 'gone.binpb' }, /gone\.binpb cannot be read/],
    [
      'a token in clear text',
      { address: 'feed.example:443', token: TOKEN },
      /the token would travel to feed\.example:443 in clear text/,
    ],
    [
      'metadata in clear text',
      { address: 'feed.example:443', metadata: { desk: 'blue' } },
      /the metadata would travel/,
    ],
    ['a token that is no reference', { address: '127.0.0.1:1', token: 'secret' }, /must be a reference/],
  ])('%s is refused', async (_what, source, says) => {
    await expect(inspect(source, { TOKEN: 'a-token-of-length' })).rejects.toThrow(says);
  });

  it('is asked with token and headers, which no output repeats', async () => {
    const server = await serveReflection({ requires: { authorization: 'Bearer a-token-of-length', desk: 'blue' } });
    const { methods } = await inspect(
      { address: server.address, token: TOKEN, metadata: { desk: 'blue' } },
      { TOKEN: 'a-token-of-length' },
    );
    server.close();
    expect(methods.length).toBeGreaterThan(5);
  });
});
