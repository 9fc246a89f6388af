import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../../../core/package-root.ts';
import { loadFeedService } from '../../../../producer/feed/protocol.ts';
import { createRecordMapper } from '../../../../producer/record/mapper.ts';
import { faultsOf, spoil } from '../../../../producer/simulator/faults.ts';
import { createFeedProtocol } from '../../../../producer/simulator/feed-protocol.ts';
import { createSchemaGenerator } from '../../../../producer/simulator/schema-generator.ts';
import type { AvroRecord } from '../../../../schemas/avro-schema.ts';
import { TYPE_CASES } from '../../../support/types/matrix.ts';
import { samplesSchema } from '../../../support/types/samples.ts';
import { TYPES_SERVICE, typesProto } from '../../../support/types/schema.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'simulated-types-'));
  copyFileSync(join(packageRoot(), 'schemas/feed.proto'), join(root, 'feed.proto'));
  writeFileSync(join(root, 'samples.proto'), typesProto);
});
afterAll(() => rmSync(root, { recursive: true }));

function createFeed() {
  const protoPath = join(root, 'samples.proto');
  const protocol = createFeedProtocol({ protoPath, service: TYPES_SERVICE, schema: samplesSchema });
  const service = loadFeedService(protoPath, [], TYPES_SERVICE);
  const map = createRecordMapper(samplesSchema, service);
  const generator = createSchemaGenerator({ schema: protocol.schema, seed: 7, key: ['id'] });
  const slot = { slot: 312_000_000n, blockTime: new Date('2026-01-01T23:52:00.123Z') };
  return {
    schema: protocol.schema,
    carries: protocol.carries,
    records: generator.next(slot as Parameters<typeof generator.next>[0], 500),
    /** What the producer makes of a record that the simulator sends. */
    carry(record: AvroRecord) {
      const event = service.readEvent(protocol.update(record));
      if (event.kind !== 'update') throw new Error(event.kind);
      return map(event.update);
    },
  };
}

it('sends values of every type that the producer takes as they are', () => {
  const { records, carry } = createFeed();
  for (const record of records) expect(carry(record)).toEqual({ ok: true, record });
  for (const { name } of TYPE_CASES) {
    const texts = new Set(records.map((record) => String(record[name])));
    expect([name, texts.size > 1]).toEqual([name, true]);
  }
});

it('sends faults that the producer refuses', () => {
  const { schema, carries, records, carry } = createFeed();
  const [record] = records as [(typeof records)[0]];
  for (const fault of faultsOf(schema).filter(carries)) {
    expect(carry(spoil(record, fault)), fault.field).toMatchObject({ ok: false, refusals: [{ field: fault.field }] });
  }
});
