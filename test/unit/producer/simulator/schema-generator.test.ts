import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../../core/package-root.ts';
import { startSimulator } from '../../../../producer/simulator/feed-server.ts';
import { readOracle } from '../../../../producer/simulator/oracle.ts';
import { createSchemaGenerator } from '../../../../producer/simulator/schema-generator.ts';
import { Timeline } from '../../../../producer/simulator/timeline.ts';
import { type AvroRecord, type AvroSchema, parseAvroSchema } from '../../../../schemas/avro-schema.ts';
import { parseDecimal } from '../../../../schemas/decimal.ts';
import { openReader, updatesOf } from '../../../support/feed-reader.ts';
import { simulatedPositions } from '../../../support/simulated-positions.ts';

const decimal = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale });
const millis = { type: 'long', logicalType: 'timestamp-millis' };
const FIELDS = [
  { name: 'owner', type: 'string', minLength: 1, maxLength: 44 },
  { name: 'signature', type: 'string', minLength: 1, maxLength: 88 },
  { name: 'slot', type: 'long', minimum: 0 },
  { name: 'block_time', type: millis },
  { name: 'side', type: 'string', allowed: ['Long', 'Short'] },
  { name: 'wide', type: decimal(38, 6) },
  { name: 'tiny', type: decimal(2, 2) },
  { name: 'note', type: ['null', 'string'], maxLength: 3 },
  { name: 'count', type: 'int', minimum: 5, maximum: 7 },
  { name: 'total', type: 'long' },
  { name: 'flag', type: 'boolean' },
  { name: 'ratio', type: 'double' },
];
const schemaOf = (fields: readonly object[]): AvroSchema =>
  parseAvroSchema(JSON.stringify({ type: 'record', name: 'Payment', namespace: 'test.v1', fields }), 'test.avsc');

function generate(options: { seed: number; updates: number; key?: string[]; clone?: boolean }): AvroRecord[] {
  const { seed, updates, key = ['owner', 'signature'], clone } = options;
  let generator = createSchemaGenerator({ schema: schemaOf(FIELDS), seed, key });
  const timeline = new Timeline({ seed, firstSlot: 1n, startMs: 0, updatesPerSlot: 5 });
  const records: AvroRecord[] = [];
  while (records.length < updates) {
    const slot = timeline.next();
    if (clone === true) generator = generator.clone();
    records.push(...generator.next(slot, slot.updates));
  }
  return records.slice(0, updates);
}

const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true }))));

describe('updates from a schema alone', () => {
  const records = generate({ seed: 1, updates: 5_000 });

  it('fit every limit', () => {
    const isText = (value: unknown, most: number) =>
      typeof value === 'string' && value.length >= 1 && value.length <= most;
    const wrong = records.filter(
      ({ owner, signature, slot, block_time, side, wide, tiny, note, count, total, flag, ratio }) =>
        !isText(owner, 44) ||
        !isText(signature, 88) ||
        typeof slot !== 'bigint' ||
        !(block_time instanceof Date) ||
        !['Long', 'Short'].includes(side as string) ||
        !(note === null || isText(note, 3)) ||
        ![5, 6, 7].includes(count as number) ||
        !(typeof total === 'bigint' && total >= 0n && total < 2n ** 63n) ||
        typeof flag !== 'boolean' ||
        !Number.isFinite(ratio) ||
        // Throws what would be refused.
        parseDecimal(wide as string, { precision: 38, scale: 6 }) === undefined ||
        parseDecimal(tiny as string, { precision: 2, scale: 2 }) === undefined,
    );
    expect(wrong).toEqual([]);
  });

  it('reach the ends of what fits', () => {
    const amounts = new Set(records.map(({ wide }) => wide));
    expect(amounts).toContain(`${'9'.repeat(32)}.${'9'.repeat(6)}`);
    expect(amounts).toContain(`-${'9'.repeat(32)}.${'9'.repeat(6)}`);
    expect(records.some(({ note }) => note === null)).toBe(true);
    expect(new Set(records.map(({ count }) => count))).toEqual(new Set([5, 6, 7]));
  });

  it('have keys that never come back and owners that do', () => {
    expect(new Set(records.map(({ signature }) => signature)).size).toBe(records.length);
    expect(new Set(records.map(({ owner }) => owner)).size).toBeLessThan(250);
  });

  it('are the same for the same seed, also from a clone, and others for another', () => {
    expect(generate({ seed: 1, updates: 1_000, clone: true })).toEqual(records.slice(0, 1_000));
    expect(generate({ seed: 2, updates: 10 })).not.toEqual(records.slice(0, 10));
  });

  it('can be told apart by a 64-bit number when the key has no text', () => {
    const totals = generate({ seed: 1, updates: 2_000, key: ['side', 'total'] }).map(({ total }) => total);
    expect(new Set(totals).size).toBe(2_000);
  });

  it('are refused for a key that cannot be unique', () => {
    expect(() => createSchemaGenerator({ schema: schemaOf(FIELDS), seed: 1, key: ['side', 'slot', 'note'] })).toThrow(
      'no field of the key (side, slot, note)',
    );
  });

  it('are served beside the positions by one server', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'schema-generator-'));
    folders.push(folder);
    await copyFile(`${packageRoot()}/schemas/feed.proto`, join(folder, 'feed.proto'));
    await writeFile(
      join(folder, 'payment.proto'),
      `syntax = "proto3"; package test.v1; import "feed.proto";
      service PaymentFeed {
        rpc Subscribe(perps.v1.SubscribeRequest) returns (stream PaymentFeedMessage);
        rpc GetReplayInfo(perps.v1.GetReplayInfoRequest) returns (perps.v1.GetReplayInfoResponse);
      }
      message PaymentFeedMessage { oneof message { Payment update = 1; perps.v1.SlotNotice slot = 2; perps.v1.Ping ping = 3; } }
      enum Side { SIDE_UNSPECIFIED = 0; SIDE_LONG = 1; SIDE_SHORT = 2; }
      message Payment {
        string owner = 1; string signature = 2; uint64 slot = 3; optional int64 block_time = 4; Side side = 5;
        string wide = 6; string tiny = 7; optional string note = 8; uint32 count = 9; int64 total = 10; bool flag = 11;
        double ratio = 12;
      }`,
    );
    // The producer comes last: the messages do not have the fee yet.
    const fee = { name: 'fee', type: ['null', 'string'], default: null };
    await writeFile(join(folder, 'payment.avsc'), schemaOf([...FIELDS, fee]).text);
    const payments = {
      name: 'payments',
      protoPath: join(folder, 'payment.proto'),
      service: 'test.v1.PaymentFeed',
      schemaPath: join(folder, 'payment.avsc'),
      key: ['owner', 'signature'],
      oraclePath: join(folder, 'payments.ndjson'),
    };
    const simulator = await startSimulator({
      port: 0,
      seed: 1,
      updates: 500,
      faulty: 9,
      streams: [simulatedPositions(), payments],
    });
    const reader = openReader(simulator.address);
    const paymentReader = openReader(simulator.address, { protoPath: payments.protoPath, service: payments.service });
    try {
      const [positions, paid] = await Promise.all([reader.read(), paymentReader.read()]);
      await simulator.done;
      expect(simulator.sent()).toBe(1_000);
      expect(updatesOf(positions)).toHaveLength(500);
      const expected: (string | null | undefined)[] = [];
      for await (const { update } of readOracle(payments.oraclePath)) {
        expected.push(update.signature);
        expect(update.fee).toBe(null);
      }
      // proto3 leaves out an empty text.
      expect(updatesOf(paid).map(({ signature }) => signature ?? '')).toEqual(expected);
    } finally {
      reader.close();
      paymentReader.close();
      await simulator.close();
    }
  });
});
