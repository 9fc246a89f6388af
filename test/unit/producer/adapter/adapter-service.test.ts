import { describe, expect, it } from 'vitest';
import { createAdapterService } from '../../../../producer/adapter/adapter-service.ts';
import type { UpdateValue } from '../../../../producer/adapter/feed.ts';
import { createRecordMapper } from '../../../../producer/record/mapper.ts';
import { parseAvroSchema } from '../../../../schemas/avro-schema.ts';
import { lineService as service } from '../../../support/counting-feed.ts';
import { CARRIED_TYPES } from '../../../support/types/matrix.ts';

const AT = new Date('2026-11-29T01:02:03.004Z');

it('times and bytes of a module are what the readers of fields take', () => {
  expect(service.toSent({ seq: 1n, at: AT, exact_at: AT, proof: new Uint8Array([0, 255]) })).toEqual({
    seq: 1n,
    at: AT.getTime(),
    exact_at: BigInt(AT.getTime()) * 1_000n,
    proof: Buffer.from([0, 255]),
  });
});

describe('an update that is kept as JSON', () => {
  const kept = (update: Readonly<Record<string, unknown>>) =>
    service.readRejected(service.encodeUpdate(update as Parameters<typeof service.encodeUpdate>[0]));

  it('is readable there: whole numbers beyond a double, bytes, and numbers that JSON lacks have names', () => {
    const bytes = service.encodeUpdate({
      seq: 9_223_372_036_854_775_807n,
      at: Number.NaN,
      proof: Buffer.from([0, 255]),
    });
    expect(JSON.parse(bytes.toString())).toEqual({
      seq: { $bigint: '9223372036854775807' },
      at: { $number: 'NaN' },
      proof: { $base64: 'AP8=' },
    });
  });

  it('is none where its bytes are no JSON', () => {
    expect(service.readRejected(Buffer.from('{'))).toMatchObject({ kind: 'undecodable' });
    expect(kept({ seq: 1n })).toMatchObject({ kind: 'update', update: { seq: 1n } });
  });

  const scalars: UpdateValue[] = [
    ...[0, -0, 5, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ...[0n, 5n, -(2n ** 63n), 2n ** 64n - 1n],
    ...['', '5', '1.50', 'NaN', 'Red', '2024-02-29', '{"a": 1}', '\u{1F980}', '\ud800', 'a\u0000b'],
    ...[true, false, null, undefined, AT, new Date(Number.NaN), Buffer.alloc(0), new Uint8Array([0, 255])],
  ];
  const values: unknown[] = [...scalars, [], ...scalars.map((one) => [one, one]), {}, { deep: { at: 1n } }];

  it.each(CARRIED_TYPES)('is taken or refused as the module’s own update: $name', ({ avro, limits }) => {
    for (const type of [avro, ['null', avro]]) {
      const fields = [{ name: 'value', type, ...limits }];
      const schema = parseAvroSchema(JSON.stringify({ type: 'record', name: 'One', fields }), 'one.avsc');
      const own = createAdapterService('feeds/one.mjs', schema);
      const map = createRecordMapper(schema, own);
      const judge = (update: Readonly<Record<string, unknown>>) => {
        const mapped = map(update);
        return mapped.ok ? mapped.record : mapped.refusals.map(({ code }) => code);
      };
      for (const value of values) {
        const sent = own.toSent({ value } as Parameters<typeof own.toSent>[0]);
        const read = own.readRejected(own.encodeUpdate(sent));
        if (read.kind !== 'update') throw new Error(`it was read as ${read.kind}`);
        expect({ sent, judged: judge(read.update) }).toEqual({ sent, judged: judge(sent) });
      }
    }
  });
});
