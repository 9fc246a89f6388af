import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DraftOptions, draftFeedStream, inspectFeed } from '../../../app/inspect-feed.ts';
import { checkContract } from '../../../contract/check.ts';
import { loadProject } from '../../../pipeline/load.ts';
import { feedServiceOf } from '../../../producer/feed/feed-service.ts';
import { createRecordMapper } from '../../../producer/record/mapper.ts';
import { loadAvroSchema } from '../../../schemas/avro-schema.ts';
import { capturedContext } from '../../support/captured-context.ts';
import { copyProject } from '../../support/project.ts';
import { DESCRIBED, DESCRIPTOR_SET, serveReflection } from '../../support/reflection-server.ts';

type Drafted = Omit<DraftOptions, 'dryRun' | 'stream'>;

/** A stream of each shape, by its name. */
const SHAPES: Readonly<Record<string, Drafted>> = {
  scalars: {
    method: 'Shapes/Scalars',
    key: ['uid', 'seq'],
    position: { kind: 'cursor', field: 'seq', request: 'from_seq' },
    times: { block_ts: 'nanoseconds', settled_at: 'seconds' },
    decimals: { price: { precision: 38, scale: 18 }, size_e8: { precision: 38, scale: 8 } },
  },
  polled: { method: 'Once', key: ['uid'], position: { kind: 'cursor', field: 'seq', request: 'from_seq' } },
  plain_scalars: { method: 'Shapes/Scalars', key: ['uid'] },
  meanings: { method: 'Meanings', key: ['tx_id', 'at'] },
  pages: { method: 'Lists', key: ['key'] },
  members: {
    method: 'Members',
    update: 'scalar',
    key: ['seq'],
    position: { kind: 'slot', field: 'seq', request: 'from_seq' },
  },
  trees: { method: 'Trees', key: ['id'] },
  one_member: { method: 'Shapes/Old', key: ['id'] },
  words: { method: 'Words', key: ['side', 'shard'] },
  namings: { method: 'Names', key: ['order', 'id'] },
  old_fills: { method: 'vendor.old.Old/Follow', key: ['ref'] },
  edition_fills: { method: 'Edition/Follow', key: ['ref'] },
};

describe('the draft of a stream', () => {
  let root: string;
  let catalog: Awaited<ReturnType<typeof inspectFeed>>;
  const context = () => capturedContext({ cwd: root }).context;
  const draft = (stream: string, options: Drafted) =>
    draftFeedStream(context(), catalog, { stream, dryRun: false, ...options });
  const read = (path: string) => readFileSync(join(root, path), 'utf8');

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'perps-connect-inspect-'));
    copyProject(root);
    for (const folder of ['connectors', 'schemas', 'migrations']) rmSync(join(root, folder), { recursive: true });
    catalog = await inspectFeed(context(), { descriptorSet: DESCRIPTOR_SET, timeoutMs: 5_000 });
    for (const [stream, options] of Object.entries(SHAPES)) draft(stream, options);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('passes `check` as it is written, for every shape', { timeout: 120_000 }, async () => {
    const findings = await checkContract(loadProject(root, {}));
    expect(findings.map(({ rule, file, line, message }) => `${rule} ${file}:${line} ${message}`)).toEqual([]);
  });

  it('maps what is named or typed otherwise, and says what it chose', () => {
    expect(read('connectors/scalars.yaml')).toMatchInlineSnapshot(`
      "# yaml-language-server: $schema=../node_modules/perps-connect/pipeline/definition.schema.json
      name: scalars

      feed:
        proto: schemas/scalars/vendor_shapes_shapes.proto
        service: vendor.shapes.v1.Shapes
        method: Scalars
        # What may be asked for, by \`request: { NAME: VALUE }\`: market string, from_seq uint64, after string, markets string.
        position: { kind: cursor, field: seq, request: from_seq }
        # seq: 0 is refused in a key; where it is a value, take \`optional\` out of the proto and write \`absent: zero\`.
        # price: plain decimal text.
        # odds: double: no amount is exact in it.
        # \`absent: zero\`: this feed sends neither 0 nor false, nor the first word of an enum; left out, they are meant.
        fields:
          # nanoseconds that are no whole microseconds are refused.
          block_ts: { to: block_ts, unit: nanoseconds }
          # double: no amount is exact in it.
          ratio: { to: ratio, absent: zero }
          # float: no amount is exact in it.
          weight: { to: weight, absent: zero }
          a: { to: a, absent: zero }
          b: { to: b, absent: zero }
          c: { to: c, absent: zero }
          d: { to: d, absent: zero }
          is_maker: { to: is_maker, absent: zero }
          # the whole number is the amount times 10^8.
          size_e8: { to: size_e8, scale: 8, absent: zero }
          settled_at: { to: settled_at, unit: seconds }

      schema: schemas/scalars.avsc

      topic:
        name: scalars
        partitions: 2
        # One key = one partition = one order.
        key: uid
        config:
          cleanup.policy: delete
          retention.ms: 604800000

      table:
        name: public.scalars
        key: [uid, seq]

      sink:
        name: scalars-sink
        tasksMax: 1
        batchSize: 1000
        maxPollRecords: 1000
        maxPartitionFetchBytes: 1048576
      "
    `);
    expect(read('connectors/meanings.yaml').split('\n').slice(3, 25).join('\n')).toMatchInlineSnapshot(`
      "feed:
        proto: schemas/meanings/vendor_shapes_shapes.proto
        service: vendor.shapes.v1.Shapes
        method: Meanings
        # Nobody said how the feed is resumed: what is sent while nobody reads is lost, and told as a gap. Else: slot or cursor.
        position: { kind: none }
        # at: a Timestamp with nanoseconds is refused; UTC.
        # took: a Duration in seconds.
        # odds: double: no amount is exact in it.
        fields:
          # bytes as hex; or base58, base64.
          tx_id: { to: tx_id, text: hex }
          # google.protobuf.Struct as JSON; \`tags.FIELD\` takes one field of it.
          tags: { to: tags, text: json }
          # vendor.shapes.common.Money as JSON; \`fee.FIELD\` takes one field of it.
          fee: { to: fee, text: json }
        # extra: an Any, whose type nobody knows here.
        # nothing: an Empty, which holds nothing.
        ignore: [extra, nothing]

      schema: schemas/meanings.avsc
      "
    `);
    expect(read('connectors/words.yaml')).toMatch(
      /side: \{ to: side, words: \{ SIDE_BUY: BUY, SIDE_SELL: SELL \}, absent: zero \}/,
    );
    expect(read('connectors/words.yaml')).toMatch(
      /# VENUE_UNSPECIFIED means: not set\.\n {4}venue: \{ to: venue, words: \{ VENUE_LIT: LIT, VENUE_DARK: DARK \} \}/,
    );
    expect(read('connectors/words.yaml')).toMatch(/OPEN: OPEN, LIVE: OPEN, "TRUE": "TRUE"/);
    expect(read('connectors/members.yaml')).toContain(
      '  update: scalar\n  # Other messages of the stream, which are left out.\n  leave: [item, beat]\n  position: { kind: slot, field: seq, request: from_seq }\n',
    );
    expect(read('connectors/pages.yaml')).toContain(
      '# items is the only field of vendor.shapes.v1.Page: several updates in one message.\n  update: items\n',
    );
    expect(read('connectors/pages.yaml')).toContain('# Nobody said how the feed is resumed');
    expect(read('schemas/words/vendor_shapes_shapes.proto')).toContain(
      'an absent value is not taken for 0.\n  optional sint32 shard = 4;',
    );
  });

  it('asks a method that answers once again and again', () => {
    expect(read('connectors/polled.yaml')).toMatch(/ {2}method: Once\n {2}# It answers once: .*\n {2}pollSeconds: 2\n/);
    expect(read('connectors/scalars.yaml')).not.toContain('pollSeconds');
  });

  it('writes rows exact to the last digit, zeros as zeros and what was not sent as NULL', () => {
    const protos = new protobuf.Root();
    protos.resolvePath = (_origin, target) => join(DESCRIBED, target);
    for (const name of ['shapes', 'old']) protos.loadSync(`vendor/shapes/${name}.proto`, { keepCase: true });
    const project = loadProject(root, {});
    const recordsOf = (name: string, answer: string, message: object) => {
      const stream = project.streams.find((one) => one.name === name);
      if (stream?.feed === undefined) throw new Error(`no stream ${name}`);
      const service = feedServiceOf(root, stream);
      const type = protos.lookupType(answer);
      const event = service.readEvent(Buffer.from(type.encode(type.fromObject(message)).finish()));
      const updates = event.kind === 'updates' ? event.updates : event.kind === 'update' ? [event.update] : [];
      const map = createRecordMapper(loadAvroSchema(join(root, stream.schema)), service);
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

  it('names columns as PostgreSQL takes them', () => {
    const sql = readdirSync(join(root, 'migrations')).find((name) => name.endsWith('_namings.sql')) ?? '';
    const columns = [...read(`migrations/${sql}`).matchAll(/^ {4}(\w+) +[A-Z]/gm)].map(([, name]) => name);
    expect(columns.slice(0, 12)).toEqual([
      'id',
      'order_id',
      'feed_order',
      'feed_user',
      'feed_id',
      'is_maker',
      'feed_is_maker',
      'feed_created_at',
      'tx_count',
      'hidden',
      'a_name_that_is_far_longer_than_postgresql_allows_a_name_to',
      'feed_true',
    ]);
  });

  it.each<[string, string, Drafted, RegExp]>([
    ['no key', 'a', { method: 'Trees' }, /which fields of vendor\.shapes\.v1\.Node tell its updates apart/],
    [
      'a key that is not there',
      'a',
      { method: 'Trees', key: ['ids'] },
      /--key: ids is no field of vendor\.shapes\.v1\.Node; did you mean "id"/,
    ],
    [
      'a key of a list',
      'a',
      { method: 'Trees', key: ['children'] },
      /--key: children cannot tell rows apart: it is a list/,
    ],
    ['a key of a double', 'a', { method: 'Shapes/Scalars', key: ['ratio'] }, /it is double/],
    [
      'an update that nobody chose',
      'a',
      { method: 'Members', key: ['seq'] },
      /only you know which of them is the update/,
    ],
    ['an update that is no message', 'a', { method: 'Trees', update: 'id', key: ['id'] }, /is no message/],
    [
      'a slot that is text',
      'a',
      { method: 'Trees', key: ['id'], position: { kind: 'slot', field: 'id' } },
      /id is string; a slot is a whole number/,
    ],
    [
      'a position that two fields take',
      'a',
      { method: 'Trees', key: ['id'], position: { kind: 'cursor', field: 'number' } },
      /is not plain/,
    ],
    [
      'a method that answers once, without a position',
      'a',
      { method: 'Once', key: ['uid'] },
      /Once answers once .*: without a position each answer would be taken anew/,
    ],
    [
      'a time of text',
      'a',
      { method: 'Trees', key: ['id'], times: { id: 'seconds' } },
      /--time: id is no whole number/,
    ],
    [
      'an amount of bytes',
      'a',
      { method: 'Shapes/Scalars', key: ['seq'], decimals: { raw: { precision: 9, scale: 1 } } },
      /raw is bytes, which holds no exact amount/,
    ],
    ['a word of SQL', 'order', { method: 'Trees', key: ['id'] }, /"order" cannot name a stream/],
    ['the name of a stream that is there', 'trees', { method: 'Trees', key: ['id'] }, /stream trees already/],
    ['a bad name', 'Trees', { method: 'Trees', key: ['id'] }, /cannot name a stream/],
  ])('is refused: %s', (_what, stream, options, says) => {
    expect(() => draft(stream, options)).toThrow(says);
    expect(readdirSync(join(root, 'connectors'))).not.toContain(`${stream === 'trees' ? '' : stream}.yaml`);
  });

  it('writes nothing when one of the files is there, nor when nobody wants it written', () => {
    writeFileSync(join(root, 'schemas', 'taken.avsc'), '{}');
    expect(() => draft('taken', { method: 'Trees', key: ['id'] })).toThrow(/schemas\/taken\.avsc exists already/);
    expect(readdirSync(join(root, 'connectors'))).not.toContain('taken.yaml');
    const files = draftFeedStream(context(), catalog, {
      stream: 'dry',
      dryRun: true,
      method: 'Trees',
      key: ['id'],
    });
    expect(files.map(({ path }) => path)).toContain('connectors/dry.yaml');
    expect(readdirSync(join(root, 'connectors'))).not.toContain('dry.yaml');
  });
});

/** A reference to the variable TOKEN. */
const TOKEN = ['$', '{env:TOKEN}'].join('');

describe('where a feed is described', () => {
  const inspect = (source: Partial<Parameters<typeof inspectFeed>[1]>, env = {}) =>
    inspectFeed(capturedContext({ cwd: '/', env }).context, { timeoutMs: 2_000, ...source });

  it.each<[string, Parameters<typeof inspect>[0], RegExp]>([
    ['nowhere', {}, /a feed is at one place, and none is given/],
    ['twice', { address: 'a:1', descriptorSet: 'b' }, /ADDRESS and --descriptor-set is given/],
    ['a file that is not there', { descriptorSet: 'gone.binpb' }, /gone\.binpb cannot be read/],
    [
      'a token in clear text',
      { address: 'feed.example:443', token: TOKEN },
      /the token would travel to feed\.example:443 in clear text/,
    ],
    [
      'metadata in clear text',
      { address: 'feed.example:443', metadata: { desk: 'blue' } },
      /the metadata would travel/,
    ],
    ['a token that is no reference', { address: '127.0.0.1:1', token: 'secret' }, /must be a reference/],
  ])('%s is refused', async (_what, source, says) => {
    await expect(inspect(source, { TOKEN: 'a-token-of-length' })).rejects.toThrow(says);
  });

  it('is asked with token and headers, which no output repeats', async () => {
    const server = await serveReflection({ requires: { authorization: 'Bearer a-token-of-length', desk: 'blue' } });
    const { methods } = await inspect(
      { address: server.address, token: TOKEN, metadata: { desk: 'blue' } },
      { TOKEN: 'a-token-of-length' },
    );
    server.close();
    expect(methods.length).toBeGreaterThan(5);
  });
});
