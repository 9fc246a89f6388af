import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../../../core/package-root.ts';
import { createScrub } from '../../../../../core/scrub.ts';
import { createNotifier, type NotifierOptions } from '../../../../../operate/watch/notify/notifier.ts';
import type { Receiver, ReceiverKind } from '../../../../../operate/watch/notify/receiver.ts';
import { eventually as patiently } from '../../../../support/eventually.ts';
import { incidentEvent } from '../../../../support/incident.ts';
import { receiveWebhooks, type WebhookReceiver } from '../../../../support/webhook-receiver.ts';

const eventually = (check: () => void) => patiently(check, { timeoutMs: 15_000 });

const ROUTING_KEY = 'R0123456789ABCDEF0123456789ABCDE';

const receiver = ({ url }: Pick<WebhookReceiver, 'url'>, kind: ReceiverKind = 'json'): Receiver => ({
  kind,
  name: `${kind}=\${env:HOOK}`,
  url,
  routingKey: kind.startsWith('pagerduty') ? ROUTING_KEY : undefined,
  secrets: [url, '/hook/s3cret-path', ROUTING_KEY],
});

function notifierOf(receivers: readonly Receiver[], given: Partial<NotifierOptions> = {}) {
  const failures: string[] = [];
  const notifier = createNotifier(receivers, {
    scrub: createScrub(['pa55-word']),
    onFailed: ({ to, error }) => failures.push(`${to} ${error}`),
    baseMs: 5,
    maxMs: 40,
    ...given,
  });
  return { ...notifier, failures };
}

/** `opened a1 the summary` each. */
const storyOf = ({ taken }: WebhookReceiver): string[] =>
  (taken as { event: string; incident: { id: string; summary: string } }[]).map(
    ({ event, incident }) => `${event.replace('incident.', '')} ${incident.id} ${incident.summary}`,
  );

const all = ['opened', 'updated', 'closed'] as const;

describe('a receiver', () => {
  it('is told of each incident once when it is opened, updated and closed, in order', async () => {
    const server = await receiveWebhooks();
    const { take, close, failures } = notifierOf([receiver(server)]);
    for (const id of ['a1', 'a2']) {
      for (const what of all) {
        take(incidentEvent(what, { id, summary: what }));
        await eventually(() => expect(storyOf(server).at(-1)).toBe(`${what} ${id} ${what}`));
      }
    }
    take({ time: '', environment: 'production', event: 'watch.ended', streams: [], owner: 'w1' });
    await close();
    expect(storyOf(server)).toHaveLength(6);
    expect(failures).toEqual([]);
  });

  it('that was away hears all of it once, brought up to date, when it is back', async () => {
    const server = await receiveWebhooks();
    await server.away();
    const { take, close, failures } = notifierOf([receiver(server)]);
    take(incidentEvent('opened', { id: 'a1', summary: 'first' }));
    take(incidentEvent('opened', { id: 'a2', summary: 'first' }));
    for (const summary of ['second', 'third']) take(incidentEvent('updated', { id: 'a2', summary }));
    take(incidentEvent('closed', { id: 'a2', summary: 'over' }));
    await eventually(() => expect(failures).toHaveLength(1));
    expect(failures[0]).toBe(`json=\${env:HOOK} did not answer (ECONNREFUSED); it is tried again`);
    await server.back();
    await eventually(() => expect(storyOf(server)).toEqual(['opened a1 first', 'opened a2 third', 'closed a2 over']));
    await close();
    expect(failures).toHaveLength(1);
  });

  it('that is just being told of an incident hears afterwards what changed meanwhile', async () => {
    let answer = () => {};
    const server = await receiveWebhooks((_body, reply) => {
      answer = () => void reply.end('ok');
      if (server.asked() > 1) answer();
    });
    const { take, close } = notifierOf([receiver(server)]);
    take(incidentEvent('opened', { summary: 'first' }));
    await eventually(() => expect(server.asked()).toBe(1));
    for (const summary of ['second', 'third']) take(incidentEvent('updated', { summary }));
    answer();
    await eventually(() => expect(storyOf(server)).toEqual(['opened a1 first', 'updated a1 third']));
    await close();
  });

  it('that refuses at random is told of everything exactly once, in the order of each incident', async () => {
    const statuses = [500, 503, 429, 200, 502, 200, 200, 408];
    let asked = 0;
    const server = await receiveWebhooks((_body, reply) => {
      reply.statusCode = statuses[asked++ % statuses.length] ?? 200;
      reply.end('busy');
    });
    const { take, close } = notifierOf([receiver(server)]);
    const ids = Array.from({ length: 30 }, (_, index) => `i${index}`);
    for (const what of ['opened', 'closed'] as const)
      for (const id of ids) take(incidentEvent(what, { id, summary: '' }));
    await eventually(() => expect(server.taken).toHaveLength(60));
    await close();
    expect(storyOf(server)).toEqual([...ids.map((id) => `opened ${id} `), ...ids.map((id) => `closed ${id} `)]);
  });

  it('that knows of an incident from the watch before is not told anew, and hears of its end', async () => {
    const server = await receiveWebhooks();
    const { know, take, close } = notifierOf([receiver(server)]);
    know(['a1']);
    take(incidentEvent('opened', { id: 'a1' }));
    take(incidentEvent('closed', { id: 'a1', summary: 'over' }));
    await close();
    expect(storyOf(server)).toEqual(['closed a1 over']);
  });

  it('that refuses is told nothing more of this, but of the incident when something changes', async () => {
    let refuses = true;
    const server = await receiveWebhooks((_body, reply) => {
      reply.statusCode = refuses ? 404 : 200;
      reply.end('channel_not_found');
    });
    const { take, close, failures } = notifierOf([receiver(server)]);
    take(incidentEvent('opened', { id: 'a1' }));
    await eventually(() => expect(failures).toHaveLength(1));
    expect(failures[0]).toContain('answered 404: channel_not_found; it was not told');
    refuses = false;
    take(incidentEvent('updated', { id: 'a1', summary: 'more' }));
    await eventually(() => expect(storyOf(server)).toEqual(['opened a1 more']));
    take(incidentEvent('closed', { id: 'never-told' }));
    await close();
    expect(server.asked()).toBe(2);
  });

  it('waits as long as it asks to, and is not followed to where it redirects', async () => {
    const times: number[] = [];
    const elsewhere = await receiveWebhooks();
    const server = await receiveWebhooks((_body, reply) => {
      times.push(performance.now());
      if (times.length === 1) reply.writeHead(429, { 'Retry-After': '1' });
      else reply.writeHead(307, { Location: elsewhere.url });
      reply.end();
    });
    const { take, close, failures } = notifierOf([receiver(server)]);
    take(incidentEvent('opened'));
    await eventually(() => expect(failures).toHaveLength(2));
    await close();
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(900);
    expect(failures[1]).toContain('answered 307, a redirect, which is not followed; it was not told');
    expect(elsewhere.asked()).toBe(0);
  });

  it('that never answers holds up nobody, neither watch nor another receiver nor the end', async () => {
    const silent = await receiveWebhooks(() => undefined);
    const quick = await receiveWebhooks();
    const { take, close, failures } = notifierOf([receiver(silent), receiver(quick)], { timeoutMs: 60_000 });
    const started = performance.now();
    for (let index = 0; index < 1000; index += 1) take(incidentEvent('updated', { id: 'a1', summary: `${index}` }));
    take(incidentEvent('opened', { id: 'a2', key: 'production/database', summary: 'x' }));
    expect(performance.now() - started).toBeLessThan(1000);
    await eventually(() => expect(storyOf(quick)).toContain('opened a2 x'));
    await close(200);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(failures.at(-1)).toBe(
      `json=\${env:HOOK} watch ended before this was told: production/positions/record, production/database`,
    );
  });

  it('that is away for long costs bounded memory: what is over by then is left out, what is open is not', async () => {
    const server = await receiveWebhooks();
    await server.away();
    const { take, close, failures } = notifierOf([receiver(server)], { baseMs: 300, maxMs: 300 });
    take(incidentEvent('opened', { id: 'open', summary: '' }));
    for (let index = 0; index < 500; index += 1) {
      for (const what of ['opened', 'closed'] as const) take(incidentEvent(what, { id: `i${index}`, summary: '' }));
    }
    await eventually(() => expect(failures.length).toBeGreaterThan(300));
    await server.back();
    await eventually(() => expect(storyOf(server)).toContain('closed i499 '));
    await close();
    const story = storyOf(server);
    expect(story.length).toBeLessThanOrEqual(202);
    expect(story).toContain('opened open ');
    const openings = story
      .filter((line) => line.startsWith('opened i'))
      .map((line) => line.replace('opened', 'closed'));
    expect(story.filter((line) => line.startsWith('closed'))).toEqual(openings);
  });

  it('that comes back while watch ends is told in a last try', async () => {
    const server = await receiveWebhooks();
    await server.away();
    const { take, close, failures } = notifierOf([receiver(server)], { baseMs: 60_000, maxMs: 60_000 });
    take(incidentEvent('opened', { summary: '' }));
    await eventually(() => expect(failures).toHaveLength(1));
    await server.back();
    await close();
    expect(storyOf(server)).toEqual(['opened a1 ']);
    expect(failures).toHaveLength(1);
  });
});

describe('what a receiver is told', () => {
  const ajv = new Ajv({ allErrors: true, strict: false });
  const schemas = {
    json: 'operate/watch/notify/notification.schema.json',
    slack: 'test/fixtures/notify/slack.schema.json',
    pagerduty: 'test/fixtures/notify/pagerduty.schema.json',
  };
  const nasty = {
    summary: `pa55-word <!channel> & <https://evil.example|click> ${'&'.repeat(3000)}`,
    cause: 'new row violates "c" Detail: Failing row contains (owner-7, 12.5).\n::error::x \u001b[2K\u202e\u0000',
    next: `${'<'.repeat(5000)} password=hunter2-x`,
    key: `production/${'p'.repeat(300)}/record`,
  };

  it.each(Object.entries(schemas))('%s: is as documented, with texts of any length', async (kind, schema) => {
    const validate = ajv.compile(JSON.parse(readFileSync(join(packageRoot(), schema), 'utf8')) as object);
    const server = await receiveWebhooks((_body, reply) => {
      reply.statusCode = kind === 'pagerduty' ? 202 : 200;
      reply.end('ok');
    });
    const { take, close } = notifierOf([receiver(server, kind as ReceiverKind)]);
    for (const what of all) {
      take(incidentEvent(what));
      await eventually(() => expect(server.taken).toHaveLength(all.indexOf(what) + 1));
    }
    take(
      incidentEvent('opened', {
        id: 'b1',
        stream: undefined,
        connector: undefined,
        cause: undefined,
        record: undefined,
      }),
    );
    take(incidentEvent('opened', { id: 'c1', ...nasty }));
    await close();
    expect(server.taken).toHaveLength(5);
    for (const body of server.taken) expect(validate(body), JSON.stringify(validate.errors)).toBe(true);
    const text = JSON.stringify(server.taken);
    expect(text).toContain('positions-3@81244');
    expect(text).not.toMatch(/owner-7|12\.5|hunter2|pa55-word/);
    expect(text).not.toMatch(/\\u001b|\\u0000|\u202e/);
    expect(text).toMatch(/Failing row contains/);
  });

  it('PagerDuty: opens, tells again and resolves under one key', async () => {
    const server = await receiveWebhooks((_body, reply) => void reply.writeHead(202).end('{"status":"success"}'));
    const { take, close } = notifierOf([receiver(server, 'pagerduty-eu')]);
    for (const what of all) {
      take(incidentEvent(what));
      await eventually(() => expect(server.taken).toHaveLength(all.indexOf(what) + 1));
    }
    await close();
    expect(server.taken).toMatchObject([
      { routing_key: ROUTING_KEY, event_action: 'trigger', dedup_key: 'production/positions/record' },
      { event_action: 'trigger', dedup_key: 'production/positions/record' },
      { event_action: 'resolve', dedup_key: 'production/positions/record' },
    ]);
  });

  it('no failure shows the address or the key, also where the receiver repeats them', async () => {
    const server = await receiveWebhooks((body, reply, request) => {
      reply.statusCode = 400;
      const key = (body as { routing_key?: string }).routing_key;
      reply.end(`bad: ${key} ${request.url} ${server.url}`);
    });
    const gone = { url: 'http://127.0.0.1:1/hook/s3cret-path' };
    const { take, close, failures } = notifierOf([receiver(server, 'pagerduty'), receiver(server), receiver(gone)]);
    take(incidentEvent('opened'));
    await eventually(() => expect(failures).toHaveLength(3));
    await close();
    expect(failures.join('\n')).toContain('answered 400: bad: (secret)');
    expect(failures.join('\n')).not.toMatch(/s3cret|R0123|127\.0\.0\.1/);
  });
});
