import { expect, it } from 'vitest';
import { createRecordMapper } from '../../../../producer/record/mapper.ts';
import { faultsOf, spoil } from '../../../../producer/simulator/faults.ts';
import type { AvroRecord } from '../../../../schemas/avro-schema.ts';
import { createTypesFeed } from '../../../support/types/feed.ts';
import { TYPE_CASES } from '../../../support/types/matrix.ts';
import { samplesSchema } from '../../../support/types/samples.ts';

const { protocol, service, records } = createTypesFeed();
const map = createRecordMapper(samplesSchema, service);

/** What the producer makes of a record that the simulator sends. */
function carry(record: AvroRecord) {
  const event = service.readEvent(protocol.update(record));
  if (event.kind !== 'update') throw new Error(event.kind);
  return map(event.update);
}

it('sends values of every type that the producer takes as they are', () => {
  for (const record of records) expect(carry(record)).toEqual({ ok: true, record });
  for (const { name } of TYPE_CASES) {
    const texts = new Set(records.map((record) => String(record[name])));
    expect([name, texts.size > 1]).toEqual([name, true]);
  }
});

it('sends faults that the producer refuses', () => {
  const [record] = records as [AvroRecord];
  for (const fault of faultsOf(protocol.schema).filter(protocol.carries)) {
    expect(carry(spoil(record, fault)), fault.field).toMatchObject({ ok: false, refusals: [{ field: fault.field }] });
  }
});
