import { createAdapterService } from '../../producer/adapter/adapter-service.ts';
import type { Feed, FeedMessage, FeedRead } from '../../producer/adapter/feed.ts';
import { parseAvroSchema } from '../../schemas/avro-schema.ts';

const SCHEMA = parseAvroSchema(
  JSON.stringify({
    type: 'record',
    name: 'Line',
    fields: [
      { name: 'seq', type: 'long' },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      {
        name: 'exact_at',
        type: { type: 'long', logicalType: 'timestamp-micros', 'connect.name': 'io.debezium.time.MicroTimestamp' },
      },
      { name: 'proof', type: 'bytes' },
    ],
  }),
  'line.avsc',
);
/** The service of a module whose updates have a number, two times and bytes. */
export const lineService = createAdapterService('feeds/lines.mjs', SCHEMA);

/** A feed whose updates are whole numbers, from the one that is asked for. */
export const counting = (members: Partial<Feed> = {}, to = 100): Feed => ({
  address: 'counting',
  async *read({ resume, signal }: FeedRead): AsyncGenerator<FeedMessage> {
    for (let seq = Number(resume ?? 1); seq <= to && !signal.aborted; seq += 1) yield { update: { seq } };
  },
  ...members,
});
