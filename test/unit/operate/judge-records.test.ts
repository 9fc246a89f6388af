import { expect, test } from 'vitest';
import { judgeRecords } from '../../../operate/judge-records.ts';
import type { SinkRow } from '../../../operate/sink-statements.ts';
import { createRecordDecoder } from '../../../schemas/record-decoder.ts';
import { frame } from '../../../schemas/wire-format.ts';
import { type JsonReply, serveJson } from '../../support/json-server.ts';

const schema = JSON.stringify({
  type: 'record',
  name: 'R',
  fields: [
    { name: 'signature', type: 'string' },
    { name: 'size', type: { type: 'bytes', logicalType: 'decimal', precision: 38, scale: 2 } },
  ],
});
/** Signature "ab", size 1.00. */
const good = Buffer.from([4, 97, 98, 2, 100]);
const record = (offset: bigint, value: Buffer | null) => ({ partition: 0, offset, value });

/** Judges with a registry that answers so, and a table that refuses rows of these offsets. */
async function judge(
  values: readonly (Buffer | null)[],
  reply: JsonReply | undefined,
  refused: readonly bigint[] = [],
) {
  const { url } = await serveJson(() => reply);
  const rows = {
    findRefused: async (tried: readonly SinkRow[]) =>
      tried
        .filter(({ offset }) => refused.includes(offset))
        .map((row) => ({ row, sqlState: '22001', message: 'value too long' })),
    write: async () => {},
  };
  const judged = await judgeRecords(
    { decoder: createRecordDecoder({ url }), rows },
    values.map((value, index) => record(BigInt(index), value)),
  );
  expect(judged.map(({ record: { value } }) => value)).toEqual(values);
  return judged.map(({ judgement }) => judgement);
}

test('each record is judged for itself, in order', async () => {
  const values = [
    frame(7, good),
    Buffer.from('text'),
    null,
    frame(7, good.subarray(0, 3)),
    frame(7, good),
    frame(7, Buffer.concat([good, Buffer.from('more')])),
  ];
  const judgements = await judge(values, { status: 200, body: { schema, schemaType: 'AVRO' } }, [4n]);
  expect(judgements).toMatchObject([
    { kind: 'good', values: { signature: 'ab', size: '1.00' } },
    { kind: 'does-not-decode', reason: '4 bytes are too few for magic byte and schema id' },
    { kind: 'empty' },
    { kind: 'does-not-decode', reason: 'truncated buffer' },
    { kind: 'refused-by-database', sqlState: '22001', reason: 'value too long' },
    // The sink's converter reads a record and not what stands behind it.
    { kind: 'good', values: { size: '1.00' } },
  ]);
});

test('an id that the registry does not know is the record’s', async () => {
  expect(await judge([frame(9, good)], undefined)).toMatchObject([
    { kind: 'does-not-decode', reason: expect.stringMatching(/^schema id 9 is not in the registry/) },
  ]);
});

test.each([500, 503, 401])('a registry that answers %i says nothing about a record', async (status) => {
  const judging = judge([frame(9, good)], { status, body: { message: 'no' } });
  await expect(judging).rejects.toMatchObject({
    name: 'ConnectError',
    code: status === 401 ? 'REFUSED' : 'NOT_READY',
  });
});
