import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { ConnectError } from '../../core/errors.ts';
import type { AvroRecord } from '../../schemas/avro-schema.ts';
import { canonicalText } from '../../schemas/canonical-text.ts';
import type { FeedUpdate } from './feed-script.ts';

/** What a feed sent, as text that can be compared to the last digit: one line of NDJSON an update, in the feed's order. */
export interface OracleEntry {
  /** Its place in the feed, from 1. */
  readonly seq: string;
  readonly expect: 'row' | 'rejected';
  /** Canonical text by column: decimals with all digits of their scale, times as ISO in UTC, null for null. */
  readonly update: Readonly<Record<string, string | null>>;
  /** Of a rejected update: SHA-256 (hex) of the stream message, which is the value of its record in the rejected topic. */
  readonly sha256?: string | undefined;
}

/** Appends each update once, however often it is replayed. Throws ENVIRONMENT when the file cannot be written. */
export type OracleWriter = Awaited<ReturnType<typeof createOracleWriter>>;

/** Lines are handed to the file in pieces of about this many characters. */
const PIECE = 64 * 1024;

/**
 * Begins an oracle at `path`; a file that is there is replaced, missing folders are made. `encode` gives the stream
 * message of an update.
 */
export async function createOracleWriter(path: string, encode: (record: AvroRecord) => Uint8Array) {
  const failed = (cause: unknown) =>
    new ConnectError('ENVIRONMENT', `oracle ${path} cannot be written: ${(cause as Error).message}`, {
      cause,
      hint: 'give a path with free space that this user may write',
    });
  let file: WriteStream;
  try {
    await mkdir(dirname(path), { recursive: true });
    file = createWriteStream(path);
    await once(file, 'open');
  } catch (error) {
    throw failed(error);
  }
  // The next call reports it.
  file.on('error', () => {});
  const check = () => {
    if (file.errored !== null) throw failed(file.errored);
  };
  let piece = '';
  const takePiece = (): string => {
    const text = piece;
    piece = '';
    return text;
  };
  const flush = async () => {
    check();
    await new Promise<void>((resolve, reject) => {
      file.write(takePiece(), (error) => (error ? reject(failed(error)) : resolve()));
    });
  };

  return {
    /** False when the caller should wait for `drained` before it appends more. */
    append(update: FeedUpdate): boolean {
      check();
      piece += `${JSON.stringify(oracleEntry(update, encode))}\n`;
      return piece.length < PIECE || file.write(takePiece());
    },
    async drained(): Promise<void> {
      check();
      if (file.writableNeedDrain) await once(file, 'drain').catch(() => {});
      check();
    },
    /** Resolves once everything appended can be read from the file. */
    flush,
    async close(): Promise<void> {
      if (file.closed) return;
      try {
        await flush();
      } finally {
        await new Promise<void>((resolve) => file.close(() => resolve()));
      }
    },
  };
}

/** Reads an oracle line by line. Errors: USAGE naming the file and line that is not an oracle's. */
export async function* readOracle(path: string): AsyncGenerator<OracleEntry> {
  const input = createReadStream(path, { encoding: 'utf8' });
  let number = 0;
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (text !== '') yield parseEntry(text, `${path}:${number}`);
    }
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    throw new ConnectError('USAGE', `oracle ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
      hint: 'give the file that `connect simulate --oracle FILE` wrote',
    });
  }
}

/** An update as its oracle line. */
function oracleEntry({ seq, expect, record }: FeedUpdate, encode: (record: AvroRecord) => Uint8Array): OracleEntry {
  const texts = Object.entries(record).map(([name, value]) => [name, canonicalText(value)]);
  const entry = { seq: String(seq), expect, update: Object.fromEntries(texts) };
  if (expect === 'row') return entry;
  return { ...entry, sha256: hash('sha256', encode(record)) };
}

function parseEntry(text: string, where: string): OracleEntry {
  try {
    const entry = JSON.parse(text) as OracleEntry;
    if ((entry.expect === 'row' || entry.expect === 'rejected') && typeof entry.update === 'object') return entry;
  } catch {
    // Falls through to the error below, which names the line.
  }
  throw new ConnectError('USAGE', `oracle ${where} is not an oracle line`, {
    hint: 'a line is {"seq":"1","expect":"row"|"rejected","update":{…}}; a cut last line means the writer was killed',
  });
}
