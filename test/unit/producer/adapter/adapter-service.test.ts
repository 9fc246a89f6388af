import { expect, test } from 'vitest';
import { lineService as service } from '../../../support/counting-feed.ts';

test('an update that is kept as JSON is the same update again: whole numbers of 64 bits, times, bytes', () => {
  const at = new Date('2026-11-29T01:02:03.004Z');
  const sent = service.toSent({ seq: 9_223_372_036_854_775_807n, at, exact_at: at, proof: new Uint8Array([0, 255]) });
  expect(sent).toEqual({
    seq: 9_223_372_036_854_775_807n,
    at: at.getTime(),
    exact_at: BigInt(at.getTime()) * 1_000n,
    proof: Buffer.from([0, 255]),
  });
  const read = service.readRejected(service.encodeUpdate(sent));
  expect(read).toMatchObject({
    kind: 'update',
    update: { seq: '9223372036854775807', at: at.getTime(), proof: Buffer.from([0, 255]) },
  });
  expect(service.readRejected(Buffer.from('{'))).toMatchObject({ kind: 'undecodable' });
});
