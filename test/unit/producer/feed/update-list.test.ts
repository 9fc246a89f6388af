import { join } from 'node:path';
import protobuf from 'protobufjs';
import { afterAll, expect, it } from 'vitest';
import { loadProject, selectStreams } from '../../../../pipeline/load.ts';
import type { StreamDefinition } from '../../../../pipeline/types.ts';
import { feedServiceOf } from '../../../../producer/feed/feed-service.ts';
import type { OutgoingRecord } from '../../../../producer/kafka/outgoing-record.ts';
import { createIngest } from '../../../../producer/record/ingest.ts';
import { loadAvroSchema } from '../../../../schemas/avro-schema.ts';
import { applyEdit, mutatedProject } from '../../../support/contract-fixture.ts';
import { TAPE_PROTO, writeTape } from '../../../support/tape.ts';
import { printOf } from '../../../support/tape-server.ts';

const { root, remove } = mutatedProject([]);
afterAll(remove);
writeTape(root);
for (const [find, replace] of [
  ['method: StreamPrints', 'method: StreamPages'],
  ['  update: print\n  leave: [beat, halt]\n', '  update: prints\n'],
] as const)
  applyEdit(root, { file: 'connectors/tape.yaml', find, replace });
const stream = selectStreams(loadProject(root, {}), ['tape'])[0] as StreamDefinition;
const service = feedServiceOf(root, stream);
const proto = new protobuf.Root().loadSync(join(root, TAPE_PROTO), { keepCase: true }).resolveAll() as protobuf.Root;
const Page = proto.lookupType('acme.md.TapePage');
const Print = proto.lookupType('acme.md.Print');
const pageOf = (prints: object[]) => Buffer.from(Page.encode(Page.fromObject({ prints, footer: 'f' })).finish());

it('each update of a list is a record; one that is refused keeps bytes of its own, which a replay reads', () => {
  const added: OutgoingRecord[] = [];
  const counts = { received: 0, late: 0, refusals: {} };
  const ingest = createIngest({
    stream,
    service,
    schema: loadAvroSchema(join(root, stream.schema)),
    schemaId: 1,
    publisher: { add: (record) => void added.push(record), advance: () => {} },
    position: { slot: undefined, subscribed: () => {}, noticed: () => {}, updated: () => false },
    counts,
    commitment: 'finalized',
  });
  const bad = { ...printOf(2), isMaker: undefined, qty_pow: 400 };
  ingest(service.readEvent(pageOf([printOf(1), bad, printOf(3)])));
  ingest(service.readEvent(pageOf([])));
  expect(counts).toMatchObject({ received: 3 });
  expect(added.map(({ topic }) => topic)).toEqual(['tape', 'tape.rejected', 'tape']);
  const { value, headers = {} } = added[1] as OutgoingRecord;
  expect(headers['feed-message']).toBe('acme.md.Print');
  const kept = Print.decode(value as Buffer) as unknown as { mark: string };
  expect(kept.mark).toBe(printOf(2).mark);
  expect(service.readRejected(value as Buffer, 'acme.md.Print')).toMatchObject({ kind: 'update' });
});
