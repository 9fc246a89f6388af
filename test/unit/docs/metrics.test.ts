import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createMetrics } from '../../../core/metrics.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { serveWatch } from '../../../operate/watch/metrics.ts';
import { createProducerMonitor } from '../../../producer/metrics.ts';
import { quietView } from '../../support/watch-view.ts';

/** Name and type of each metric of ours, as a scrape declares it. */
const declared = (text: string) =>
  [...text.matchAll(/^# TYPE (perps_connect_\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`);

test('docs/metrics.md lists every metric of producer and watch with its type, and no other', async () => {
  const ofProducer = await createMetrics({});
  createProducerMonitor({ metrics: ofProducer, streams: [], silenceMs: 0 });
  const { url, close } = await serveWatch({
    listen: { host: '127.0.0.1', port: 0 },
    environment: 'production',
    everyMs: 5_000,
    view: quietView,
  });
  onTestFinished(close);
  const ofWatch = await (await fetch(`${url}/metrics`)).text();
  const page = readFileSync(join(packageRoot(), 'docs/metrics.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `(perps_connect_\w+)` \| (\w+) \|/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  expect(listed.sort()).toEqual([...declared(await ofProducer.text()), ...declared(ofWatch)].sort());
});
