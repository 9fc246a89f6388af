import { expect, test } from 'vitest';
import type { OutgoingMessage } from '../../../../core/kafka-producer.ts';
import { gatherSends } from '../../../../operate/watch/gather-sends.ts';

const message = (key: string, partition = 0): OutgoingMessage => ({ partition, key: Buffer.from(key), value: null });

/** A broker whose partitions end at 10 and 100, and what it was sent. */
function broker() {
  const requests: string[][] = [];
  let failure: Error | undefined;
  const send = gatherSends(async (request) => {
    requests.push([...request].map(([topic, messages]) => `${topic} ${messages.map(({ key }) => key).join()}`));
    if (failure !== undefined) throw failure;
    return [...request.keys()].flatMap((topic) => [
      { topic, partition: 0, baseOffset: 10n },
      { topic, partition: 1, baseOffset: 100n },
    ]);
  });
  const fail = (error: Error | undefined) => {
    failure = error;
  };
  return { requests, send, fail };
}

test('records of a moment leave in one request, and each learns its own offset', async () => {
  const { requests, send } = broker();
  const offsets = await Promise.all([
    send('a', message('1')),
    send('b', message('2')),
    send('a', message('3')),
    send('a', message('4', 1)),
  ]);
  expect(requests).toEqual([['a 1,3,4', 'b 2']]);
  expect(offsets).toEqual([10n, 10n, 11n, 100n]);
  expect(await send('a', message('5'))).toBe(10n);
  expect(requests).toHaveLength(2);
});

test('a request that fails fails for all in it, and for no later one', async () => {
  const { send, fail } = broker();
  fail(new Error('away'));
  const settled = await Promise.allSettled([send('a', message('1')), send('b', message('2'))]);
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fail(undefined);
  expect(await send('a', message('3'))).toBe(10n);
});
