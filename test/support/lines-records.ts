import avro from 'avsc';
import type { lineOf } from './lines-feed.ts';

/** Reads a record as the line that it was, independent of our readers: Avro by its own library, amounts by their bytes. */
export function lineDecoder(schemaText: string): (value: Buffer) => ReturnType<typeof lineOf> {
  const type = avro.Type.forSchema(JSON.parse(schemaText));
  const exact = avro.Type.forSchema(type.schema() as avro.Schema, { registry: { long: LONGS } });
  return (value) => {
    const { seq, traded_at, price, proof, ...texts } = exact.fromBuffer(value.subarray(5)) as LineRecord;
    return {
      ...texts,
      seq: String(seq),
      traded_at: Number(traded_at),
      price: amountText(price),
      proof: proof.toString('hex'),
    };
  };
}

interface LineRecord {
  readonly trade_id: string;
  readonly seq: bigint;
  readonly traded_at: bigint;
  readonly price: Buffer;
  readonly side: string;
  readonly proof: Buffer;
}

const LONGS = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (one: bigint, other: bigint) => (one === other ? 0 : one < other ? -1 : 1),
});

/** Two's complement, eight digits of fraction. */
function amountText(bytes: Buffer): string {
  const unscaled = BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(9, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -8)}.${digits.slice(-8)}`;
}
