import { createHash } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';
import { requireFeed } from '../../../pipeline/feed.ts';
import { loadProject, projectFile, selectStreams } from '../../../pipeline/load.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { feedServiceOf } from '../../../producer/feed/feed-service.ts';
import { createFeedPosition } from '../../../producer/feed/position.ts';
import type { OutgoingRecord } from '../../../producer/kafka/outgoing-record.ts';
import { createIngest } from '../../../producer/record/ingest.ts';
import { createOrdinalCounter } from '../../../producer/record/ordinals.ts';
import { type Simulator, startSimulator } from '../../../producer/simulator/feed-server.ts';
import { loadAvroSchema } from '../../../schemas/avro-schema.ts';
import { openReader } from '../../support/feed-reader.ts';

const root = packageRoot();
const project = loadProject(root, {});

let simulator: Simulator | undefined;
afterEach(() => simulator?.close());

/** The messages of a stream's simulated feed, as they are on the wire. */
async function messagesOf(stream: StreamDefinition): Promise<Buffer[]> {
  const { proto, service } = requireFeed(stream);
  const protoPath = projectFile(project, proto);
  simulator = await startSimulator({
    port: 0,
    seed: 42,
    updates: 2_000,
    faulty: 20,
    streams: [
      {
        name: stream.name,
        protoPath,
        service,
        schemaPath: projectFile(project, stream.schema),
        key: stream.table.key,
        ordinal: stream.table.current?.ordinal,
      },
    ],
  });
  const reader = openReader(simulator.address, { protoPath, service });
  const messages: Buffer[] = [];
  for await (const bytes of reader.open()) messages.push(bytes as Buffer);
  reader.close();
  return messages;
}

/** What the producer makes of them for the stream's topic. */
function recordsOf(stream: StreamDefinition, messages: readonly Buffer[]): OutgoingRecord[] {
  const service = feedServiceOf(root, stream);
  const records: OutgoingRecord[] = [];
  const { current } = stream.table;
  const ordinals = current?.ordinal === undefined ? undefined : createOrdinalCounter(current);
  ordinals?.subscribed(0n);
  const ingest = createIngest({
    stream,
    service,
    schema: loadAvroSchema(projectFile(project, stream.schema)),
    schemaId: 7,
    publisher: {
      add: (record) => {
        if (record.topic === stream.topic.name) records.push(record);
      },
      advance: () => {},
    },
    position: createFeedPosition(undefined),
    ordinals,
    counts: { received: 0, late: 0, refusals: {} },
    commitment: 'finalized',
  });
  for (const bytes of messages) ingest(service.readEvent(bytes));
  return records;
}

// Records that stand in topics are read beside those that are sent after an upgrade.
it.each([
  ['positions', '45048b429e086010e3ae568385dd2b18edd737ed7779636f75e96a2bdbc1dad6'],
  ['funding_payments', '10ec3008f7960bd487f6267f1a5cb54cf52b72829aac262e1f7778beb65982b3'],
])('%s come into the topic as they always did, byte for byte', async (name, digest) => {
  const [stream] = selectStreams(project, [name]) as [StreamDefinition];
  const records = recordsOf(stream, await messagesOf(stream));
  expect(records).toHaveLength(1_980);
  const hash = createHash('sha256');
  for (const { key, value } of records) hash.update(JSON.stringify([key?.toString('hex'), value?.toString('hex')]));
  expect(hash.digest('hex')).toBe(digest);
});
