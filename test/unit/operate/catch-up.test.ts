import { expect, test } from 'vitest';
import type { ObservedSink } from '../../../connectors/sink-config.ts';
import type { OffsetReader } from '../../../connectors/sink-group.ts';
import { waitUntilCommitted } from '../../../operate/catch-up.ts';
import { positions } from '../../support/positions-stream.ts';

/** A topic of one partition that gets 50 records between two looks, and a sink that commits 40 of them. */
function runningTopic({ trace }: { readonly trace?: string } = {}) {
  let end = 100n;
  let committed = 20n;
  const admin: OffsetReader = {
    ranges: async () => {
      end += 50n;
      return [{ partition: 0, low: 0n, high: end }];
    },
    committedOffsets: async () => {
      committed += 40n;
      return new Map([[0, committed]]);
    },
  };
  const task = { id: 0, state: trace === undefined ? 'RUNNING' : 'FAILED', worker: 'w', trace } as const;
  const sink: ObservedSink = {
    name: 'positions-sink',
    config: {},
    state: 'RUNNING',
    worker: 'w',
    tasks: [task],
    expectedTasks: 1,
    decidedByHost: [],
  };
  const host = { observe: async () => sink };
  return { admin, host, stream: positions, committed: () => committed };
}

test('what was in the topic when it was asked is waited for, and nothing that a producer adds meanwhile', async () => {
  const topic = runningTopic();
  expect(await waitUntilCommitted(topic, { timeoutMs: 5_000, everyMs: 1 })).toEqual(new Map([[0, 150n]]));
  expect(topic.committed()).toBe(180n);
});

test('a task that has failed ends the wait with its cause', async () => {
  const topic = runningTopic({
    trace: 'org.apache.kafka.connect.errors.ConnectException: out of disk\n\tat a.B.c(B.java:1)',
  });
  await expect(waitUntilCommitted(topic, { timeoutMs: 5_000, everyMs: 1 })).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringMatching(/positions-sink does not run: FAILED\n.*\n.*out of disk/),
  });
});

test('an offset that an earlier topic of this name has left is none', async () => {
  const topic = runningTopic();
  const admin: OffsetReader = {
    ranges: async () => [{ partition: 0, low: 0n, high: 80n }],
    committedOffsets: async () => new Map([[0, 500n]]),
  };
  await expect(waitUntilCommitted({ ...topic, admin }, { timeoutMs: 20, everyMs: 1 })).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: 'waited 0.02 s for positions-sink to catch up',
  });
});

test('there is nothing to wait for in a partition whose records have all been deleted, nor without the topic', async () => {
  const topic = runningTopic();
  const none = async () => new Map<number, bigint>();
  const expired: OffsetReader = { ranges: async () => [{ partition: 0, low: 80n, high: 80n }], committedOffsets: none };
  expect(await waitUntilCommitted({ ...topic, admin: expired }, { timeoutMs: 1_000 })).toEqual(new Map([[0, 80n]]));
  const missing: OffsetReader = { ranges: async () => undefined, committedOffsets: none };
  expect(await waitUntilCommitted({ ...topic, admin: missing }, { timeoutMs: 1_000 })).toEqual(new Map());
});
