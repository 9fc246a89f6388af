import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadFeedService } from '../../../producer/feed/protocol.ts';
import {
  feedMessage,
  positionIncludes,
  positionProto,
  positionService,
  positionUpdate,
} from '../../support/position-feed.ts';
import { createProducerProject, type ProducerProject, type RejectedUpdate } from '../../support/producer-project.ts';
import { type ScriptedFeed, startScriptedFeed } from '../../support/scripted-feed.ts';

const SLOT = 500n;
const service = loadFeedService(positionProto, positionIncludes, positionService);

/** What no table can hold, each between two updates that are fine. */
const impossible: Record<string, { changes: Record<string, unknown>; reason: string; field: string }> = {
  'a symbol of 21 characters': { changes: { symbol: 'X'.repeat(21) }, reason: 'TOO_LONG', field: 'symbol' },
  '39 digits': { changes: { margin: `${'9'.repeat(33)}.999999` }, reason: 'TOO_MANY_DIGITS', field: 'margin' },
  NaN: { changes: { size: 'NaN' }, reason: 'NOT_A_DECIMAL', field: 'size' },
  '9 decimals': { changes: { size: '0.123456789' }, reason: 'TOO_MANY_FRACTION_DIGITS', field: 'size' },
  'an unknown side': { changes: { side: 42 }, reason: 'NOT_ALLOWED', field: 'side' },
  'leverage 40000': { changes: { leverage: 40_000 }, reason: 'OUT_OF_RANGE', field: 'leverage' },
  'a slot of 2^63': { changes: { slot: '9223372036854775808' }, reason: 'OUT_OF_RANGE', field: 'slot' },
  'an empty signature': { changes: { signature: '' }, reason: 'MISSING', field: 'signature' },
  'no block time': { changes: { block_time: null }, reason: 'MISSING', field: 'block_time' },
  'a NUL character': { changes: { owner: 'a\0b' }, reason: 'BAD_TEXT', field: 'owner' },
  'two reasons': {
    changes: { size: '1e3', leverage: 99_999 },
    reason: 'NOT_A_DECIMAL,OUT_OF_RANGE',
    field: 'size,leverage',
  },
};
const cutMessage = feedMessage({ update: positionUpdate({ signature: 'cut' }) }).subarray(0, 60);

describe('updates that the table cannot hold', () => {
  let test: ProducerProject;
  let feed: ScriptedFeed;
  let rejected: RejectedUpdate[];
  const neighbours: string[] = [];

  beforeAll(async () => {
    test = await createProducerProject('refused');
    feed = await startScriptedFeed({
      window: () => ({ earliest: 1n, latest: SLOT }),
      play: (call) => {
        const fine = () => {
          neighbours.push(`fine${neighbours.length}`);
          const signature = neighbours.at(-1);
          call.send(feedMessage({ update: positionUpdate({ signature, slot: SLOT.toString() }) }));
        };
        fine();
        for (const { changes } of Object.values(impossible)) {
          call.send(feedMessage({ update: positionUpdate({ slot: SLOT.toString(), signature: 'bad', ...changes }) }));
          fine();
        }
        call.send(cutMessage);
        fine();
        call.slot(SLOT);
        call.end();
      },
    });
    await test.run(feed.address);
    rejected = await test.rejected();
  });
  afterAll(async () => {
    feed?.close();
    await test?.project.remove();
  });

  it('do not keep their neighbours from being published, in order', async () => {
    const published = await test.published();
    expect(published.map(({ row }) => row.signature)).toEqual(neighbours);
  });

  it.each(Object.entries(impossible))('are rejected with the reason: %s', (name, { changes, reason, field }) => {
    const at = Object.keys(impossible).indexOf(name);
    const { bytes, header, key } = rejected[at] as RejectedUpdate;
    expect({ reason: header('reason'), field: header('field') }).toEqual({ reason, field });
    expect(key).toBe(positionUpdate().position_account);
    expect(header('slot')).toBe(changes.slot ?? SLOT.toString());
    expect(header('stream')).toBe('positions');
    expect(header('feed-message')).toBe('perps.v1.PositionFeedMessage');
    expect(Date.parse(header('rejected-at') ?? '')).toBeGreaterThan(Date.parse('2024-01-01'));
    expect(JSON.parse(header('detail') ?? '')).toHaveLength(reason.split(',').length);
    expect(service.readEvent(bytes)).toMatchObject({ kind: 'update', update: { symbol: expect.any(String) } });
  });

  it('are kept byte for byte even if they are no message at all', () => {
    expect(rejected).toHaveLength(Object.keys(impossible).length + 1);
    const { bytes, header, key } = rejected.at(-1) as RejectedUpdate;
    expect(bytes).toEqual(cutMessage);
    expect(key).toBeUndefined();
    expect(header('reason')).toBe('UNDECODABLE');
  });

  it('do not move the checkpoint, whatever their slot says', async () => {
    expect((await test.checkpoint())?.slot).toBe(SLOT);
  });
});
