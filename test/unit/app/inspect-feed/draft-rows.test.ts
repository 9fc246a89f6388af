import { join } from 'node:path';
import protobuf from 'protobufjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadProject } from '../../../../pipeline/load.ts';
import { feedServiceOf } from '../../../../producer/feed/feed-service.ts';
import { createRecordMapper } from '../../../../producer/record/mapper.ts';
import { loadAvroSchema } from '../../../../schemas/avro-schema.ts';
import { createDraftedShapes, type DraftedShapes } from '../../../support/drafted-shapes.ts';
import { DESCRIBED } from '../../../support/reflection-server.ts';

let shapes: DraftedShapes;
beforeAll(async () => {
  shapes = await createDraftedShapes();
});
afterAll(() => shapes.remove());

it('writes rows exact to the last digit, zeros as zeros and what was not sent as NULL', () => {
  const protos = new protobuf.Root();
  protos.resolvePath = (_origin, target) => join(DESCRIBED, target);
  for (const name of ['shapes', 'old']) protos.loadSync(`vendor/shapes/${name}.proto`, { keepCase: true });
  const project = loadProject(shapes.root, {});
  const recordsOf = (name: string, answer: string, message: object) => {
    const stream = project.streams.find((one) => one.name === name);
    if (stream?.feed === undefined) throw new Error(`no stream ${name}`);
    const service = feedServiceOf(shapes.root, stream);
    const type = protos.lookupType(answer);
    const event = service.readEvent(Buffer.from(type.encode(type.fromObject(message)).finish()));
    const updates = event.kind === 'updates' ? event.updates : event.kind === 'update' ? [event.update] : [];
    const map = createRecordMapper(loadAvroSchema(join(shapes.root, stream.schema)), service);
    return updates.map((update) => map(update));
  };
  const v1 = 'vendor.shapes.v1';
  const full = {
    uid: 'u',
    seq: '18446744073709551615',
    block_ts: '1750000000123456000',
    price: '1.5',
    size_e8: '-12345678901',
    is_maker: true,
  };
  expect(recordsOf('scalars', `${v1}.Scalar`, full)).toMatchInlineSnapshot(`
    [
      {
        "ok": true,
        "record": {
          "a": 0,
          "b": 0n,
          "big": null,
          "blob": null,
          "block_ts": "2025-06-15T15:06:40.123456Z",
          "c": "0",
          "d": 0n,
          "flag": null,
          "is_maker": true,
          "maybe": null,
          "note": null,
          "odds": null,
          "price": "1.500000000000000000",
          "ratio": 0,
          "raw": {
            "data": [],
            "type": "Buffer",
          },
          "seq": "18446744073709551615",
          "settled_at": null,
          "size_e8": "-123.45678901",
          "uid": "u",
          "weight": 0,
        },
      },
    ]
  `);
  expect(recordsOf('plain_scalars', `${v1}.Scalar`, { uid: 'u' })).toMatchInlineSnapshot(`
    [
      {
        "ok": true,
        "record": {
          "a": 0,
          "b": 0n,
          "big": null,
          "blob": null,
          "block_ts": 0n,
          "c": "0",
          "d": 0n,
          "flag": null,
          "is_maker": false,
          "maybe": null,
          "note": null,
          "odds": null,
          "price": "",
          "ratio": 0,
          "raw": {
            "data": [],
            "type": "Buffer",
          },
          "seq": "0",
          "settled_at": null,
          "size_e8": 0n,
          "uid": "u",
          "weight": 0,
        },
      },
    ]
  `);
  expect(recordsOf('trees', `${v1}.Node`, { id: 'n', left: { id: 'l', number: 0 } })).toMatchInlineSnapshot(`
    [
      {
        "ok": true,
        "record": {
          "children": "[]",
          "feed_id": "n",
          "feed_left": "{"id":"l","children":[],"number":"0"}",
          "number": null,
          "text": null,
          "truth": null,
        },
      },
    ]
  `);
  expect(
    recordsOf('pages', `${v1}.Page`, { items: [{ key: 'k', tags: ['a'], flags: { 1: true } }] }),
  ).toMatchInlineSnapshot(`
    [
      {
        "ok": true,
        "record": {
          "by_name": "{}",
          "fees": "[]",
          "flags": "{"1":true}",
          "key": "k",
          "levels": "[]",
          "tags": "["a"]",
        },
      },
    ]
  `);
  expect(recordsOf('words', `${v1}.Word`, { shard: 7 })).toMatchInlineSnapshot(`
    [
      {
        "ok": true,
        "record": {
          "shard": 7,
          "side": "BUY",
          "state": null,
          "venue": null,
        },
      },
    ]
  `);
  expect(
    recordsOf('old_fills', 'vendor.old.Fill', { ref: 'r', kind: 2, Extra: { text: 'x' }, extra: { text: 'x' } }),
  ).toMatchInlineSnapshot(`
    [
      {
        "ok": true,
        "record": {
          "firm": null,
          "kind": "MAKE",
          "legs": "[]",
          "qty": null,
          "ref": "r",
        },
      },
    ]
  `);
  expect(
    recordsOf('meanings', `${v1}.Meaning`, {
      tx_id: Buffer.from('ff00', 'hex'),
      at: { seconds: 1750000000, nanos: 123456000 },
      took: { seconds: -1, nanos: -5 },
      volume: { value: '18446744073709551615' },
      firm: { value: false },
    }),
  ).toMatchInlineSnapshot(`
    [
      {
        "ok": true,
        "record": {
          "at": "2025-06-15T15:06:40.123456Z",
          "fee": null,
          "firm": false,
          "label": null,
          "odds": null,
          "seal": null,
          "tags": null,
          "took": "-1.000000005",
          "tx_id": "ff00",
          "volume": "18446744073709551615",
        },
      },
    ]
  `);
});
