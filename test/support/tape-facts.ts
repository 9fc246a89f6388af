import type { Print } from './tape-server.ts';

/** A record of the tape's topic, as Avro's own library reads it. */
export interface TapeRecord {
  readonly trade_id: string;
  readonly resume_mark: string;
  readonly block: number;
  readonly traded_at: number;
  readonly price: Buffer;
  readonly quantity: Buffer;
  readonly side: string;
  readonly fee: Buffer;
  readonly costs_json: string | null;
  readonly tags_json: string;
  readonly is_maker: boolean;
  readonly sequence: Buffer;
  readonly took_ms: number | null;
  readonly settled_at: number | null;
  readonly venue: string;
}

/** A record as plain facts: unscaled amounts as text. */
export const tapeFacts = (record: TapeRecord) => ({
  id: record.trade_id,
  block: record.block,
  at: record.traded_at,
  price: unscaled(record.price),
  quantity: unscaled(record.quantity),
  side: record.side,
  fee: unscaled(record.fee),
  costs: JSON.parse(record.costs_json ?? 'null'),
  tags: JSON.parse(record.tags_json),
  isMaker: record.is_maker,
  sequence: unscaled(record.sequence),
  took: record.took_ms,
  settled: record.settled_at,
  venue: record.venue,
});

const unscaled = (bytes: Buffer): string =>
  BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`)).toString();

/** The same of what was sent. */
export const printFacts = (print: Print) => ({
  id: inBase58(print.txn),
  block: print.blk,
  at: print.at.seconds * 1_000 + print.at.nanos / 1_000_000,
  price: String(print.px),
  quantity: String(BigInt(print.qty) * 10n ** BigInt(12 + print.qty_pow)),
  side: print.hit === 1 ? 'buy' : 'sell',
  fee: String(print.costs.fee),
  costs: { fee: String(print.costs.fee), paid_in: print.costs.paid_in },
  tags: print.tags,
  isMaker: print.isMaker,
  sequence: String(print.seq_no),
  took: print.took === undefined ? null : print.took.nanos / 1_000_000,
  settled: print.settled === undefined ? null : print.settled * 1_000,
  venue: 'acme',
});

function inBase58(bytes: Uint8Array): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (; value > 0n; value /= 58n)
    text = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'[Number(value % 58n)] + text;
  for (const byte of bytes) {
    if (byte !== 0) break;
    text = `1${text}`;
  }
  return text;
}
