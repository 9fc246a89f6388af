import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseReceiver } from '../../../../../operate/watch/notify/receiver.ts';
import { scratchFolder } from '../../../../support/scratch.ts';

const HOOK = 'https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXXXXXXXXXXXXXX';
const KEY = 'R0123456789ABCDEF0123456789ABCDE';
const sources = (env: Record<string, string>) => ({ root: '/nowhere', env });

describe('--notify', () => {
  it.each([
    [`slack=\${env:HOOK}`, HOOK],
    [`json=\${env:HOOK}`, HOOK],
    [`json=\${env:LOCAL}`, 'http://127.0.0.1:9000/hook'],
    [`pagerduty=\${env:KEY}`, 'https://events.pagerduty.com/v2/enqueue'],
    [`pagerduty-eu=\${env:KEY}`, 'https://events.eu.pagerduty.com/v2/enqueue'],
  ])('%s is told at its address', (words, url) => {
    const receiver = parseReceiver(words, sources({ HOOK, KEY, LOCAL: 'http://127.0.0.1:9000/hook' }));
    expect(receiver).toMatchObject({ kind: words.split('=')[0], name: words, url });
    expect(receiver.routingKey).toBe(words.startsWith('pagerduty') ? KEY : undefined);
  });

  it('reads a key from a file, and names all that is secret of an address', () => {
    const root = scratchFolder();
    writeFileSync(join(root, 'hooks.properties'), `slack=${HOOK}\n`);
    const { secrets } = parseReceiver(`slack=\${file:hooks.properties:slack}`, { root, env: {} });
    expect(secrets).toEqual(expect.arrayContaining([HOOK, '/services/T000/B000/XXXXXXXXXXXXXXXXXXXXXXXX']));
  });

  it.each([
    [`slack=${HOOK}`, /holds no reference/],
    [`pagerduty=${KEY}`, /holds no reference/],
    [HOOK, /KIND=REFERENCE/],
    [`${HOOK}?token=abc`, /KIND=REFERENCE/],
    [`email=\${env:HOOK}`, /KIND is json, slack, pagerduty or pagerduty-eu/],
    [`slack=x\${env:HOOK}`, /holds no reference/],
    [`slack=\${env:MISSING}`, /MISSING is not set/],
    [`slack=\${env:PLAIN}`, /no https:\/\/ address/],
    [`slack=\${env:TRICK}`, /no https:\/\/ address/],
    [`json=\${env:KEY}`, /no https:\/\/ address/],
    [`pagerduty=\${env:HOOK}`, /no integration key/],
  ])('%s is refused with a way out, and without what is secret', (words, message) => {
    const env = {
      HOOK,
      KEY,
      PLAIN: 'http://hooks.example/services/XXXX',
      TRICK: 'http://a@localhost:b@hooks.example/XXXX',
    };
    let error: unknown;
    try {
      parseReceiver(words, sources(env));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringMatching(message), hint: expect.any(String) });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/XXXX|R0123|token=abc/);
  });
});
