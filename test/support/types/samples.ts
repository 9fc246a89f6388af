import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type protobuf from 'protobufjs';
import { packageRoot } from '../../../core/package-root.ts';
import { loadFeedProto } from '../../../producer/feed/proto.ts';
import { createRecordMapper } from '../../../producer/record/mapper.ts';
import { type AvroRecord, parseAvroSchema } from '../../../schemas/avro-schema.ts';
import { TYPE_CASES } from './matrix.ts';
import { TYPES_SERVICE, typesAvsc, typesProto } from './schema.ts';
import type { TypeCase } from './type-case.ts';

export const samplesSchema = parseAvroSchema(typesAvsc, 'samples.avsc');

const sampleType = loadSampleType();

function loadSampleType(): protobuf.Type {
  const root = mkdtempSync(join(tmpdir(), 'samples-'));
  try {
    copyFileSync(join(packageRoot(), 'schemas/feed.proto'), join(root, 'feed.proto'));
    writeFileSync(join(root, 'samples.proto'), typesProto);
    return loadFeedProto(join(root, 'samples.proto'), [], TYPES_SERVICE).update;
  } finally {
    rmSync(root, { recursive: true });
  }
}

const map = createRecordMapper(samplesSchema, { update: sampleType });

/** What the producer makes of a sample that the feed sends: it goes over the wire as protobuf. */
export function mapSample(id: string, sent: Readonly<Record<string, unknown>>) {
  const fields = Object.entries({ slot: 1n, ...sent }).map(([name, value]) => [name, wire(value)]);
  const bytes = sampleType.encode({ id, ...Object.fromEntries(fields) }).finish();
  return map(sampleType.decode(bytes) as unknown as Readonly<Record<string, unknown>>);
}

/** A bigint as protobufjs takes it. */
function wire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wire);
  if (typeof value !== 'bigint') return value;
  return { low: Number(value & 0xffff_ffffn), high: Number(value >> 32n), unsigned: value > 0n };
}

/** A record and the text of each of its columns. */
export interface Sample {
  readonly record: AvroRecord;
  readonly texts: Readonly<Record<string, string | null>>;
}

/**
 * Records that hold every value of the matrix: those that the feed sends, those that only others write, one without any. A type with
 * fewer values begins again.
 */
export function samples(): Sample[] {
  const most = Math.max(...TYPE_CASES.map(({ values, written = [] }) => Math.max(values.length, written.length)));
  const sent = Array.from({ length: most }, (_, row) =>
    mapped(`sent-${row}`, (one) => one.values[row % one.values.length]),
  );
  const written = Array.from({ length: most }, (_, row): Sample => {
    const { record, texts } = mapped(`written-${row}`, (one) => one.values[0]);
    const own = TYPE_CASES.flatMap(({ name, written: values = [] }) => {
      const value = values[row];
      return value === undefined ? [] : [[name, value] as const];
    });
    return {
      record: { ...record, ...Object.fromEntries(own.map(([name, [value]]) => [name, value])) },
      texts: { ...texts, ...Object.fromEntries(own.map(([name, [, text]]) => [name, text])) },
    };
  }).filter((_sample, row) => TYPE_CASES.some(({ written: values = [] }) => values.length > row));
  const nulls = Object.fromEntries(TYPE_CASES.map(({ name }) => [name, null]));
  return [...sent, ...written, { record: { id: 'null', slot: 1n, ...nulls }, texts: nulls }];
}

function mapped(id: string, pick: (one: TypeCase) => TypeCase['values'][number] | undefined): Sample {
  const picked = TYPE_CASES.flatMap((one) => {
    const value = pick(one);
    return value === undefined ? [] : [[one.name, value] as const];
  });
  const result = mapSample(id, Object.fromEntries(picked.map(([name, [value]]) => [name, value])));
  if (!result.ok) throw new Error(JSON.stringify(result.refusals));
  return { record: result.record, texts: Object.fromEntries(picked.map(([name, [, text]]) => [name, text])) };
}
