import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConnectError } from '../../../../core/errors.ts';
import { bigintOf } from '../../../../producer/feed/long.ts';
import { loadFeedService } from '../../../../producer/feed/protocol.ts';
import {
  feedMessage,
  positionIncludes,
  positionProto,
  positionService,
  positionUpdate,
  updateBytes,
} from '../../../support/position-feed.ts';

const service = loadFeedService(positionProto, positionIncludes, positionService);
const folder = mkdtempSync(join(tmpdir(), 'feed-service-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the position feed', () => {
  it('is known by its names', () => {
    expect(service).toMatchObject({
      name: 'perps.v1.PositionFeed',
      messageName: 'perps.v1.PositionFeedMessage',
      subscribePath: '/perps.v1.PositionFeed/Subscribe',
      replayInfoPath: '/perps.v1.PositionFeed/GetReplayInfo',
    });
  });

  it('reads updates with the bytes they came in', () => {
    const bytes = feedMessage({ update: positionUpdate() });
    const event = service.readEvent(bytes);
    expect(event).toMatchObject({ kind: 'update', update: { symbol: 'BTC-USD', leverage: 10 } });
    expect(event.kind === 'update' && event.bytes).toBe(bytes);
  });

  it('reads slots, the zeroth too, and pings', () => {
    expect(service.readEvent(feedMessage({ slot: { slot: '18446744073709551615' } }))).toEqual({
      kind: 'slot',
      slot: 2n ** 64n - 1n,
      status: undefined,
      bankId: undefined,
    });
    expect(service.readEvent(feedMessage({ slot: {} }))).toEqual({
      kind: 'slot',
      slot: 0n,
      status: undefined,
      bankId: undefined,
    });
    expect(service.readEvent(feedMessage({ slot: { slot: '5', status: 'COMMITMENT_FINALIZED' } }))).toMatchObject({
      status: 'finalized',
    });
    expect(service.readEvent(feedMessage({ slot: { slot: '5', bank_id: '18446744073709551615' } }))).toMatchObject({
      bankId: 2n ** 64n - 1n,
    });
    expect(service.readEvent(feedMessage({ slot: { slot: '5', bank_id: '0' } }))).toMatchObject({ bankId: 0n });
    expect(service.readEvent(feedMessage({ ping: { id: 1 } }))).toEqual({ kind: 'ping' });
  });

  it('reads an update with fields it does not know, which a newer feed sends', () => {
    const field = Buffer.from([0xfa, 0x3f, 0x02, 0x68, 0x69]); // number 1023, text "hi"
    const update = Buffer.concat([updateBytes(positionUpdate()), field]);
    const size = Buffer.from([0x0a, (update.length & 0x7f) | 0x80, update.length >> 7]);
    expect(service.readEvent(Buffer.concat([size, update]))).toMatchObject({
      kind: 'update',
      update: { symbol: 'BTC-USD' },
    });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['noise', Buffer.from('ffffffffffffffffffff', 'hex')],
    ['a cut message', feedMessage({ update: positionUpdate() }).subarray(0, 50)],
    ['a kind of message it does not know', Buffer.from([0x52, 0x00])],
  ])('keeps %s as an event of its own', (_name, bytes) => {
    expect(service.readEvent(bytes)).toMatchObject({ kind: 'undecodable', bytes });
  });

  it('asks for a slot and a commitment', () => {
    const request = service.encodeSubscribe({ fromSlot: 2n ** 63n, commitment: 'finalized' });
    expect(request.toString('hex')).toBe('10031880808080808080808001');
    expect(service.encodeSubscribe({ fromSlot: 0n, commitment: 'processed' }).toString('hex')).toBe('10011800');
  });
});

describe('64-bit numbers', () => {
  it.each([
    [0, 0, true, 0n],
    [-1, -1, true, 2n ** 64n - 1n],
    [-1, -1, false, -1n],
    [0, -2147483648, false, -(2n ** 63n)],
    [1, 0x200000, true, 2n ** 53n + 1n],
    [-1, 0x1fffff, true, 2n ** 53n - 1n],
  ])('of the halves %i and %i are exact', (low, high, unsigned, value) => {
    expect(bigintOf({ low, high, unsigned })).toBe(value);
  });
});

describe('a proto that is no feed', () => {
  const load = (name: string, text: string, serviceName: string) => {
    writeFileSync(join(folder, name), text);
    return () => loadFeedService(join(folder, name), [folder], serviceName);
  };
  const message = 'syntax = "proto3"; package p; message M { string a = 1; } ';

  it('is refused with the reason', () => {
    expect(() => loadFeedService(join(folder, 'absent.proto'), [folder], 'p.F')).toThrow(ConnectError);
    expect(load('syntax.proto', 'message {', 'p.F')).toThrow('syntax.proto cannot be read');
    expect(load('none.proto', message, 'p.F')).toThrow('has no service p.F');
    expect(load('empty.proto', `${message} service F {}`, 'p.F')).toThrow('has no Subscribe');
    const shapeless = 'service F { rpc Subscribe(M) returns (stream M); rpc GetReplayInfo(M) returns (M); }';
    expect(load('shape.proto', `${message} ${shapeless}`, 'p.F')).toThrow('has no message `update`');
  });
});
