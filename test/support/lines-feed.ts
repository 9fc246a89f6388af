import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { migrationText } from '../../pipeline/stream-texts.ts';

/** A feed of lines over TCP, which no proto describes, and the module of a project that reads it. */
export const LINES_MODULE = 'feeds/lines.mjs';

const MODULE = `import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** @type {import('perps-connect').OpenFeed} */
export default function open({ connection, options }) {
  const [host, port] = connection.address.split(':');
  async function* read({ resume, signal }) {
    const socket = connect({ host, port: Number(port) });
    await once(socket, 'connect', { signal });
    let broken;
    socket.on('error', (error) => { broken = error; socket.destroy(); });
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.write(JSON.stringify({ after: resume ?? null, market: options.market }) + '\\n');
    for await (const line of createInterface({ input: socket })) {
      const { kind, ...sent } = JSON.parse(line);
      if (kind === 'alive') yield { alive: true };
      else if (kind === 'fatal') throw Object.assign(new Error(sent.reason), { fatal: true });
      else if (kind === 'strange') yield sent.value;
      else yield { update: { ...sent, seq: BigInt(sent.seq), traded_at: new Date(sent.traded_at), proof: Buffer.from(sent.proof, 'hex') } };
    }
    // A broken connection is no end of the feed.
    if (broken !== undefined) throw broken;
  }
  return { address: \`lines of \${options.market} at \${connection.address}\`, read, health: async () => 'listens' };
}
`;

const decimal = { type: 'bytes', logicalType: 'decimal', precision: 38, scale: 8 };
const FIELDS = [
  { name: 'trade_id', type: 'string', minLength: 1, maxLength: 20 },
  { name: 'seq', type: 'long', minimum: 0 },
  { name: 'traded_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  { name: 'price', type: decimal },
  { name: 'side', type: 'string', allowed: ['buy', 'sell'], maxLength: 8 },
  { name: 'proof', type: 'bytes' },
];

const definition = (name: string): string => `name: ${name}
feed:
  adapter: ${LINES_MODULE}
  options: { market: SOL-PERP }
  position: { kind: cursor, field: seq }
schema: feeds/lines.avsc
topic: { name: ${name}, partitions: 2, key: trade_id }
table: { name: public.lines, key: [trade_id] }
sink: { name: ${name}-sink, tasksMax: 1, batchSize: 1000, maxPollRecords: 1000, maxPartitionFetchBytes: 1048576 }
`;

const TEXT = 'TEXT COLLATE "C"';
const migration = migrationText(
  { name: 'lines', key: ['trade_id'] },
  [
    ['trade_id', TEXT, 'NOT NULL'],
    ['seq', 'BIGINT', 'NOT NULL'],
    ['traded_at', 'TIMESTAMP', 'NOT NULL'],
    ['price', 'NUMERIC(38, 8)', 'NOT NULL'],
    ['side', TEXT, 'NOT NULL'],
    ['proof', 'BYTEA', 'NOT NULL'],
  ],
  { marksCorrections: true, grantsRights: true },
);

/** Writes the stream, its module and its table's migration into a project's folder. */
export function writeLines(root: string, name: string): void {
  const files = {
    'connectors/lines.yaml': definition(name),
    [LINES_MODULE]: MODULE,
    'feeds/lines.avsc': `${JSON.stringify({ type: 'record', name: 'Line', namespace: 'acme.md', fields: FIELDS }, null, 2)}\n`,
    'migrations/9001_lines.sql': migration,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** Cursors go beyond what a double keeps, by uneven steps. */
const [FIRST, STEP] = [9_007_199_254_740_000n, 7n];

/** The number of the first line behind a cursor. */
export const lineBehind = (after: string | null): number =>
  after === null ? 0 : Number((BigInt(after) - FIRST) / STEP) + 1;

/** The update of that number, as the feed sends it. */
export const lineOf = (seq: number) => ({
  trade_id: `trade-${seq}`,
  seq: String(FIRST + BigInt(seq) * STEP),
  traded_at: 1_750_000_000_000 + seq,
  price: `${seq % 3 === 0 ? '-' : ''}${123_456_789_012n + BigInt(seq) * 1_000_003n}.${String(seq % 100_000_000).padStart(8, '0')}`,
  side: seq % 2 === 0 ? 'buy' : 'sell',
  proof: seq.toString(16).padStart(8, '0'),
});

export interface LinesCall {
  /** What the module asked for: the last cursor it has. */
  readonly after: string | null;
  /** Undefined to go on: resolves when the reader has room; rejects when it is gone. */
  send(line: object): Promise<void>;
  end(): void;
}

/** Serves lines; `play` is called for each reading. One that fails ends the reader's run with its error. */
export async function serveLines(address: string, play: (call: LinesCall) => Promise<void>) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    const lines = createInterface({ input: socket }).on('error', () => {});
    lines.once('line', (line) => {
      const send = async (message: object) => {
        if (socket.destroyed) throw new Error('the reader is gone');
        if (!socket.write(`${JSON.stringify(message)}\n`))
          await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
      };
      play({ after: JSON.parse(line).after, send, end: () => socket.end() }).catch((error: unknown) => {
        // A plain end would be the end of the feed.
        socket.end(`${JSON.stringify({ kind: 'fatal', reason: `the test's feed failed: ${error}` })}\n`);
      });
    });
  });
  const [host = '', port] = address.split(':');
  await new Promise<void>((resolve) => server.listen(Number(port), host, resolve));
  return {
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
