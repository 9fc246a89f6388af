import { expect, test } from 'vitest';
import { createCheckpointTail } from '../../../../operate/watch/checkpoint-tail.ts';
import { keepKafka } from '../../../../operate/watch/kept-kafka.ts';
import { createLook } from '../../../../operate/watch/look.ts';
import { createSchemaRegistry } from '../../../../schemas/registry.ts';
import { inMemoryWorker } from '../../../support/in-memory-worker.ts';
import { positions } from '../../../support/positions-stream.ts';

/** Looks where only the worker answers; counts how often it is asked. */
function lookAt(lookEveryMs?: number) {
  const worker = inMemoryWorker();
  worker.connectors.set(positions.sink.name, { config: { 'tasks.max': '1' }, state: 'RUNNING' });
  let asked = 0;
  const host = {
    ...worker.host,
    lookEveryMs,
    observeAll: undefined,
    observe: (name: string) => {
      asked += 1;
      return worker.host.observe(name);
    },
  };
  const kafka = keepKafka({ brokers: ['127.0.0.1:1'] });
  const { look, forget } = createLook({
    streams: [positions],
    host,
    kafka,
    tail: createCheckpointTail(kafka, [positions]),
    database: { host: '127.0.0.1', port: 1, database: 'perps', user: 'perps', password: 'x' },
    registry: createSchemaRegistry({ url: 'http://127.0.0.1:1' }),
    answerMs: 1_000,
  });
  return { look, forget, asked: () => asked, worker };
}

test('a part that does not answer is a sighting, and keeps no other from being seen', async () => {
  const { look } = lookAt();
  const { parts, streams } = await look();
  expect(parts).toMatchObject({
    worker: { ok: true },
    brokers: { ok: false, why: expect.any(String) },
    database: { ok: false, why: expect.stringContaining('127.0.0.1:1') },
    registry: { ok: false },
  });
  expect(streams).toMatchObject([{ sink: { state: 'RUNNING' }, failures: [] }]);
  expect(streams[0]).toMatchObject({ positions: undefined, gaps: undefined, open: undefined, producer: undefined });
});

test('a sink that is not deployed is missing, which is another thing than a worker that does not answer', async () => {
  const { look, worker } = lookAt();
  worker.connectors.clear();
  expect((await look()).streams).toMatchObject([{ sink: 'missing' }]);
});

test('a service that slows down who asks often is asked now and then, and anew once something was done to the sink', async () => {
  const { look, forget, asked } = lookAt(60_000);
  await look();
  await look();
  expect(asked()).toBe(1);
  forget(positions);
  await look();
  expect(asked()).toBe(2);
});
