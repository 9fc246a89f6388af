import { expect, it } from 'vitest';
import { canonicalRecord } from '../../../../operate/canonical.ts';
import type { DeadLetter } from '../../../../operate/dead-letters/dead-letter.ts';
import { readContent } from '../../../../operate/dead-letters/record-content.ts';
import { createAdapterService } from '../../../../producer/adapter/adapter-service.ts';
import type { Update } from '../../../../producer/adapter/feed.ts';
import { createRecordEncoder } from '../../../../producer/record/encoder.ts';
import type { AvroRecord } from '../../../../schemas/avro-schema.ts';
import { createRecordDecoder } from '../../../../schemas/record-decoder.ts';
import { serveJson } from '../../../support/json-server.ts';
import { createTypesFeed } from '../../../support/types/feed.ts';
import { TYPE_CASES } from '../../../support/types/matrix.ts';
import { samples, samplesSchema } from '../../../support/types/samples.ts';

const letter = (source: DeadLetter['source'], value: Buffer) =>
  ({ source, record: { value, headers: {} } }) as unknown as DeadLetter;

it('shows every value of a dead letter, of each type', async () => {
  const { url } = await serveJson(() => ({ status: 200, body: { schema: samplesSchema.text } }));
  const readers = { decoder: createRecordDecoder({ url }), service: undefined };
  const encode = createRecordEncoder(samplesSchema, 7);
  for (const { record } of samples()) {
    const content = await readContent(readers, letter('dlq', encode(record)));
    const { raw, ...texts } = canonicalRecord(samplesSchema.fields, record);
    // JSON is shown as it was sent, bytes without PostgreSQL's sign.
    const doc = record.doc as string | null;
    expect(content).toEqual({ kind: 'update', fields: { ...texts, doc, raw: raw?.slice(2) ?? null } });
  }
});

it('shows every field of a rejected update, of each type', async () => {
  const { protocol, service, records } = createTypesFeed();
  const record = Object.assign(
    {},
    ...records.map((one) => Object.entries(one).filter(([, value]) => value !== null)).map(Object.fromEntries),
  ) as AvroRecord;
  const readers = { decoder: createRecordDecoder({ url: 'http://127.0.0.1:9' }), service };
  const content = await readContent(readers, letter('rejected', protocol.update(record)));
  if (content.kind !== 'update') throw new Error(content.reason);
  for (const { name, proto } of TYPE_CASES) {
    const shown = content.fields[name];
    if (proto === 'Color') expect(shown).toBe(`COLOR_${String(record[name]).toUpperCase()}`);
    else expect([name, shown], name).not.toContain(null);
  }
  expect(content.fields).toMatchObject({ label: record.label, doc: record.doc, amount: record.amount });
});

it('shows what a module sent inside of a field: lists and objects', async () => {
  const service = createAdapterService('feed.js', samplesSchema);
  // As a module in JavaScript can.
  const update = service.toSent({
    label: { deep: [1n, Number.NaN, { bytes: Buffer.from('ab', 'hex'), none: null }] },
    amount: [{ whole: 12_345_678_901_234_567_890n }, 'text'],
    raw: Buffer.from('cd', 'hex'),
  } as unknown as Update);
  const readers = { decoder: createRecordDecoder({ url: 'http://127.0.0.1:9' }), service };
  expect(await readContent(readers, letter('rejected', service.encodeUpdate(update)))).toEqual({
    kind: 'update',
    fields: {
      label: '{"deep":["1","NaN",{"bytes":"ab","none":null}]}',
      amount: '[{"whole":"12345678901234567890"},"text"]',
      raw: 'cd',
    },
  });
});
