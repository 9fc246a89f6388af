import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkContract } from '../../../../contract/check.ts';
import { loadProject } from '../../../../pipeline/load.ts';
import { createDraftedShapes, type DraftedShapes } from '../../../support/drafted-shapes.ts';

let shapes: DraftedShapes;
beforeAll(async () => {
  shapes = await createDraftedShapes();
});
afterAll(() => shapes.remove());
const read = (path: string) => shapes.read(path);

it('passes `check` as it is written, for every shape', { timeout: 120_000 }, async () => {
  const findings = await checkContract(loadProject(shapes.root, {}));
  const told = (notes: boolean) =>
    findings
      .filter(({ severity }) => (severity === 'note') === notes)
      .map(({ rule, file, line, message }) => `${rule} ${file}:${line} ${message}`);
  expect(told(false)).toEqual([]);
  // Its updates have nothing but their number to be known by.
  expect(told(true)).toEqual([
    'KEY_FINAL connectors/members.yaml:45 table.key holds seq, and nothing says that the feed sends final updates only',
  ]);
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

it('names columns as PostgreSQL takes them', () => {
  const sql = readdirSync(join(shapes.root, 'migrations')).find((name) => name.endsWith('_namings.sql')) ?? '';
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

it('writes nothing when one of the files is there, nor when nobody wants it written', () => {
  writeFileSync(join(shapes.root, 'schemas', 'taken.avsc'), '{}');
  expect(() => shapes.draft('taken', { method: 'Trees', key: ['id'] })).toThrow(/schemas\/taken\.avsc exists already/);
  expect(readdirSync(join(shapes.root, 'connectors'))).not.toContain('taken.yaml');
  const files = shapes.draft('dry', { method: 'Trees', key: ['id'] }, { dryRun: true });
  expect(files.map(({ path }) => path)).toContain('connectors/dry.yaml');
  expect(readdirSync(join(shapes.root, 'connectors'))).not.toContain('dry.yaml');
});
