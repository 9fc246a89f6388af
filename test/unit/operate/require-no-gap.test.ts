import { expect, test } from 'vitest';
import type { SinkEvent } from '../../../connectors/wait/wait.ts';
import type { GapMark } from '../../../operate/gaps.ts';
import type { Marks } from '../../../operate/marks.ts';
import { requireNoGap } from '../../../operate/require-no-gap.ts';
import { inMemoryGroups } from '../../support/in-memory-groups.ts';
import { positions } from '../../support/positions-stream.ts';

/** A sink that has read 1,000 records of partition 0; Kafka has deleted 1,500. */
function overrunSink() {
  const groups = inMemoryGroups([2_000n, 50n]);
  groups.commit(0, 1_000n);
  groups.expire(0, 1_500n);
  const kept = new Map<string, GapMark>();
  const marks: Marks<GapMark> = {
    read: async () => new Map(kept),
    write: async (written) => {
      for (const [id, mark] of written) if (mark !== undefined) kept.set(id, mark);
    },
  };
  const events: SinkEvent[] = [];
  const onEvent = (event: SinkEvent) => void events.push(event);
  const start = (acceptGap: boolean) =>
    requireNoGap({ stream: positions, groups, kafka: { brokers: [] }, acceptGap, onEvent }, marks);
  return { groups, kept, events, start };
}

test('a sink is not started behind records that Kafka deleted before it read them', async () => {
  const { start, kept } = overrunSink();
  await expect(start(false)).rejects.toMatchObject({
    code: 'UNSAFE',
    message:
      'positions-sink would jump over records; nothing was changed\n' +
      '  records 1000 to 1499 of positions-0 were deleted before positions-sink read them',
    hint: expect.stringContaining('--accept-gap'),
    details: { gaps: [{ partition: 0, from: 1_000n, to: 1_499n }] },
  });
  expect(kept.size).toBe(0);
});

test('whoever accepts the gap leaves a mark, and is not asked for it again', async () => {
  const { start, kept, events } = overrunSink();
  await start(true);
  expect([...kept]).toEqual([['0/1000', { partition: 0, from: '1000', to: '1499', at: expect.stringMatching(/Z$/) }]]);
  expect(events).toEqual([{ kind: 'note', text: 'goes on without records 1000 to 1499 of positions-0; recorded' }]);
  await start(false);
});

test('a gap that has grown since has to be accepted anew', async () => {
  const { start, groups } = overrunSink();
  await start(true);
  groups.expire(0, 1_600n);
  await expect(start(false)).rejects.toMatchObject({ message: expect.stringContaining('records 1000 to 1599') });
});

test('a sink that finds its next record goes on, and so does one that has committed nothing', async () => {
  const { start, groups, kept } = overrunSink();
  groups.commit(0, 1_500n);
  await start(false);
  groups.forget(0);
  await start(true);
  expect(kept.size).toBe(0);
});
