import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toFeed } from '../../../../pipeline/feed.ts';
import { loadFeedService } from '../../../../producer/feed/protocol.ts';
import { createRecordMapper } from '../../../../producer/record/mapper.ts';
import { createSimulatedFeed } from '../../../../producer/simulator/simulated-feed.ts';
import { loadAvroSchema } from '../../../../schemas/avro-schema.ts';
import { mutatedProject } from '../../../support/contract-fixture.ts';
import { AVSC, PROTO } from '../../../support/mutations/edit.ts';

const feedOf = (fields: Parameters<typeof toFeed>[0]['fields'], method?: string) =>
  toFeed({
    proto: PROTO,
    service: 'perps.v1.PositionFeed',
    method,
    request: {},
    leave: [],
    fields,
    constants: { symbol: 'SOL-PERP' },
    ignore: [],
  });

describe('the simulator on a mapped stream', () => {
  it('sends renamed fields under the proto’s names and leaves constants to the producer', async () => {
    const project = mutatedProject([
      { file: PROTO, find: 'string margin = 12;', replace: 'Held held = 12;' },
      {
        file: PROTO,
        find: 'message PositionUpdate {',
        replace: 'message Held {\n  string sum = 1;\n}\n\nmessage PositionUpdate {',
      },
      { file: PROTO, find: '  string symbol = 7;\n', replace: '' },
      // A word of the schema as a text, without an enum.
      { file: PROTO, find: '  Side side = 8;', replace: '  string side = 8;' },
      // Another name than the one that the market model fills.
      { file: AVSC, find: '"name": "PositionUpdate"', replace: '"name": "Holding"' },
    ]);
    try {
      const mapping = feedOf({ 'held.sum': 'margin' });
      const stream = {
        name: 'positions',
        protoPath: join(project.root, PROTO),
        service: 'perps.v1.PositionFeed',
        schemaPath: join(project.root, AVSC),
        key: ['position_account', 'signature'],
        mapping,
      };
      const { world, protocol } = await createSimulatedFeed(stream, { seed: 3, updates: 200 });
      const service = loadFeedService(stream.protoPath, [join(project.root, 'schemas')], stream.service, mapping);
      const map = createRecordMapper(loadAvroSchema(stream.schemaPath), service);
      let seen = 0;
      for await (const { updates } of world.slots(undefined, new AbortController().signal)) {
        for (const { record } of updates) {
          const event = service.readEvent(protocol.update(record));
          if (event.kind !== 'update') throw new Error(event.kind);
          expect(event.update).toMatchObject({ held: { sum: record.margin } });
          expect(record.symbol).toBe('SOL-PERP');
          expect(map(event.update)).toEqual({ ok: true, record });
          seen += 1;
        }
        if (seen >= 200) break;
      }
      expect(seen).toBeGreaterThanOrEqual(200);
    } finally {
      project.remove();
    }
  });

  it.each([
    ['converts margin by scale', feedOf({ margin: { to: 'margin', scale: 2 } })],
    ['streams by the method StreamPrints', feedOf({}, 'StreamPrints')],
  ])('says that it cannot serve a feed that %s', async (why, mapping) => {
    const project = mutatedProject([]);
    const paths = { protoPath: join(project.root, PROTO), schemaPath: join(project.root, AVSC) };
    const stream = { name: 'positions', service: 'perps.v1.PositionFeed', key: ['signature'], mapping, ...paths };
    try {
      await expect(createSimulatedFeed(stream, { seed: 3, updates: 10 })).rejects.toThrow(`cannot be simulated: `);
      await expect(createSimulatedFeed(stream, { seed: 3, updates: 10 })).rejects.toThrow(why);
    } finally {
      project.remove();
    }
  });
});
