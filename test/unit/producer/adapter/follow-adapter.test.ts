import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../core/log.ts';
import type { Feed } from '../../../../producer/adapter/feed.ts';
import { followAdapter } from '../../../../producer/adapter/follow-adapter.ts';
import { createMethodPosition } from '../../../../producer/feed/method/method-position.ts';
import { counting, lineService as service } from '../../../support/counting-feed.ts';

describe('following a module’s feed', () => {
  const follow = (feed: Feed, kind: 'slot' | 'cursor', at: string, acceptGap: boolean) => {
    const lost: unknown[] = [];
    const gaps: unknown[] = [];
    const place = kind === 'slot' ? ({ slot: BigInt(at) } as const) : ({ kind, cursor: at } as const);
    const definition = { kind, field: 'seq' };
    const onGap = (from: bigint, to: bigint) => gaps.push([from, to]);
    const position = createMethodPosition('lines', definition, {
      place,
      acceptGap,
      onGap,
      onReset: () => {},
      onLead: () => {},
    });
    const seen: unknown[] = [];
    const ended = followAdapter({
      stream: 'lines',
      feed,
      service,
      definition,
      position,
      acceptGap,
      since: '2026-11-29T00:00:00.000Z',
      signal: new AbortController().signal,
      silenceMs: 5_000,
      connectTimeoutMs: 1_000,
      endWithFeed: true,
      logger: silentLogger,
      onSubscribe: () => {},
      onLost: (time) => lost.push(time),
      onEvent: (event) => {
        if (event.kind !== 'updates') return undefined;
        for (const update of event.updates) {
          position.take(update);
          seen.push(update.seq);
        }
        return undefined;
      },
    });
    return { ended, lost, gaps, seen };
  };
  const replayWindow = async () => ({ earliest: '50', latest: '100' });

  it('goes on where the checkpoint is', async () => {
    const run = follow(counting({ replayWindow }), 'slot', '60', false);
    expect(await run.ended).toBe('feed');
    expect(run.seen[0]).toBe(60);
  });

  it.each(['slot', 'cursor'] as const)('%s: refuses to leave out what the feed no longer has', async (kind) => {
    await expect(follow(counting({ replayWindow }), kind, '20', false).ended).rejects.toMatchObject({
      code: 'UNSAFE',
      message: expect.stringContaining('must be read from 20, but the feed at counting replays from 50 on'),
    });
  });

  it('leaves it out when told, and says so: slots by number, behind a cursor by time', async () => {
    const slots = follow(counting({ replayWindow }), 'slot', '20', true);
    await slots.ended;
    expect([slots.seen[0], slots.gaps, slots.lost]).toEqual([50, [[20n, 49n]], []]);
    const cursors = follow(counting({ replayWindow }), 'cursor', '20', true);
    await cursors.ended;
    expect(cursors.lost).toEqual([{ from: '2026-11-29T00:00:00.000Z', to: expect.any(String) }]);
  });
});

it('a slot that a module gives as text is a slot, and other texts are none', () => {
  const definition = { kind: 'slot', field: 'seq' } as const;
  const start = { place: undefined, acceptGap: false, onGap: () => {}, onReset: () => {}, onLead: () => {} };
  const position = createMethodPosition('lines', definition, start);
  // One alone could be wrong.
  for (let twice = 0; twice < 2; twice += 1) expect(position.take({ seq: '9223372036854775807' })).toBeUndefined();
  expect(position.resume()).toBe('9223372036854775807');
  expect(position.take({ seq: 'abc' })).toMatchObject({ field: 'seq', code: 'MISSING' });
});
