import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyChunks } from '../../../bench/peers/copy.ts';
import { HEADER_BYTES, textType } from '../../../bench/peers/decode.ts';
import { DEFAULT_WORKLOAD, encoded, updatesOf } from '../../../bench/workload.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { loadAvroSchema } from '../../../schemas/avro-schema.ts';

const schemaPath = join(packageRoot(), 'schemas', 'position-update.avsc');
const schema = loadAvroSchema(schemaPath);
const workload = { ...DEFAULT_WORKLOAD, updates: 500 };
const records = [...updatesOf(workload)];
const sent = [...encoded({ schemaPath, schemaId: 7, keyField: 'position_account', partitions: 4 }, workload)];
const copied = (only?: readonly number[]) => [
  ...copyChunks(schema, records, {
    rowsPerStatement: 200,
    keyField: 'position_account',
    partitions: 4,
    ...(only === undefined ? {} : { only }),
  }),
];
const lines = (chunks: readonly Buffer[]) => chunks.flatMap((chunk) => chunk.toString().trimEnd().split('\n'));

describe('the contenders get the same rows', () => {
  it('as records that the consumer by hand decodes to the digits of the updates', () => {
    const type = textType(schema.raw as object);
    const rows = sent.map(({ value }) => type.fromBuffer(value.subarray(HEADER_BYTES)) as Record<string, unknown>);
    const amounts = ['size', 'entry_price', 'unrealized_pnl', 'funding_accrued'];
    expect(rows.map((row) => amounts.map((name) => row[name]))).toEqual(
      records.map((record) => amounts.map((name) => record[name])),
    );
    expect(rows.map((row) => row.block_time)).toEqual(
      records.map(({ block_time }) => (block_time as Date).toISOString()),
    );
  });

  it('as COPY text, in statements of the asked size, each with the place its record has in Kafka', () => {
    const chunks = copied();
    expect(chunks.map((chunk) => lines([chunk]).length)).toEqual([200, 200, 100]);
    const places = lines(chunks).map((line) => line.split('\t').slice(-2).map(Number));
    const wanted = sent.map(({ partition }, at) => [
      partition,
      sent.slice(0, at).filter((record) => record.partition === partition).length,
    ]);
    expect(places).toEqual(wanted);
  });

  it('split by partition, so that a position stays with one connection', () => {
    const halves = [lines(copied([0, 1])), lines(copied([2, 3]))];
    expect(halves.flat().sort()).toEqual(lines(copied()).sort());
  });
});
