import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../core/log.ts';
import type { FeedConnection } from '../../../../pipeline/connections.ts';
import { loadProject, selectStreams } from '../../../../pipeline/load.ts';
import type { StreamDefinition } from '../../../../pipeline/types.ts';
import { openChannel } from '../../../../producer/feed/client.ts';
import { feedServiceOf } from '../../../../producer/feed/feed-service.ts';
import type { LostTime } from '../../../../producer/feed/method/position-kind.ts';
import { openReading, type ReadingOptions } from '../../../../producer/feed-reading.ts';
import type { ResumePoint } from '../../../../producer/kafka/checkpoint.ts';
import type { OutgoingRecord } from '../../../../producer/kafka/outgoing-record.ts';
import { createIngest } from '../../../../producer/record/ingest.ts';
import { loadAvroSchema } from '../../../../schemas/avro-schema.ts';
import { createAvroType } from '../../../support/avro-type.ts';
import { mutatedProject } from '../../../support/contract-fixture.ts';
import { POLLED, SLOT_POSITION, TAPE_PROTO, writeTape } from '../../../support/tape.ts';
import { type Print, printOf, serveTape, type TapeCall } from '../../../support/tape-server.ts';

const CURSOR = '{ kind: cursor, field: seq_no, request: from_blk }';
const NONE = '{ kind: none }';
const project = mutatedProject([]);
beforeAll(() => writeTape(project.root));
afterAll(() => project.remove());
const toClose: { close(): void }[] = [];
afterEach(() => {
  for (const each of toClose.splice(0)) each.close();
});

/** Reads what a server sends, to its end, as the producer does. */
async function read(
  position: string,
  play: (call: TapeCall) => Promise<void>,
  options: Partial<ReadingOptions> & { readonly checkpoint?: ResumePoint; readonly signal?: AbortSignal } = {},
  login: Pick<FeedConnection, 'token' | 'metadata'> = {},
  { method, list }: { method?: string; list?: (request: TapeCall['request']) => readonly Print[] } = {},
) {
  const { root } = project;
  writeTape(root, { position, ...(method === undefined ? {} : { method }) });
  const stream = selectStreams(loadProject(root, {}), ['tape'])[0] as StreamDefinition;
  const server = await serveTape(join(root, TAPE_PROTO), '127.0.0.1:0', play, list);
  const feed = { address: `127.0.0.1:${server.port}`, tls: false, ...login };
  const service = feedServiceOf(root, stream);
  const reading = await openReading(
    { stream, root, feed, logger: silentLogger, endWithFeed: true, ...options },
    service,
    options.checkpoint,
  );
  toClose.push(reading, server);
  const added: OutgoingRecord[] = [];
  const lost: LostTime[] = [];
  const counts = { received: 0, late: 0, refusals: {} };
  const schema = loadAvroSchema(join(root, stream.schema));
  const type = createAvroType(schema.raw);
  const ingest = createIngest({
    stream,
    service,
    schema,
    schemaId: 1,
    publisher: { add: (record) => void added.push(record), advance: () => {} },
    position: reading.position,
    take: reading.take,
    counts,
    commitment: 'finalized',
  });
  const { signal = new AbortController().signal } = options;
  const ended = await reading
    .follow({
      signal,
      onSubscribe: () => {},
      onGap: () => {},
      onLost: (time) => void lost.push(time),
      onEvent: (event) => void ingest(event),
    })
    .catch((error: Error) => error);
  const written = added.flatMap(({ topic, value }) =>
    topic === 'tape' ? [(type.fromBuffer((value as Buffer).subarray(5)) as { resume_mark: string }).resume_mark] : [],
  );
  const refused = added.flatMap(({ topic, headers }) => (topic === 'tape.rejected' ? [headers?.reason] : []));
  return { ended, written, refused, counts, lost, added };
}

/** Reads what a server answers to questions. */
const poll = (
  position: string,
  list: (request: TapeCall['request']) => readonly Print[],
  options: Parameters<typeof read>[2] = {},
) => read(position, async () => {}, options, {}, { method: POLLED, list });

const mark = (number: number) => printOf(number).mark;

it('a value that does not fit is refused and counted, and its neighbours are written', async () => {
  const { written, refused, counts, ended } = await read(CURSOR, async (call) => {
    await call.send(printOf(1));
    await call.send({ ...printOf(2), qty_pow: 400 });
    await call.send({ ...printOf(3), at: { seconds: 1_750_000_000, nanos: 1 } });
    await call.send(printOf(4));
    call.end();
  });
  expect(ended).toBe('feed');
  expect(written).toEqual([mark(1), mark(4)]);
  expect(refused).toEqual([expect.any(String), 'NOT_EXACT']);
  expect(counts).toMatchObject({ received: 4, refusals: { NOT_EXACT: 1 } });
});

it('a message of another type is refused as it came, and its neighbours are written', async () => {
  const other = Buffer.from('a2060568656c6c6f', 'hex');
  const broken = Buffer.from('0affff', 'hex');
  const { written, refused, counts, added } = await read(NONE, async (call) => {
    await call.send(printOf(1));
    call.raw(other);
    call.raw(broken);
    await call.send(printOf(2));
    call.end();
  });
  expect(written).toEqual([mark(1), mark(2)]);
  expect(refused).toEqual(['UNDECODABLE', 'UNDECODABLE']);
  expect(counts).toEqual({ received: 4, late: 0, refusals: { UNDECODABLE: 2 } });
  expect(added.slice(1, 3).map(({ value }) => value)).toEqual([other, broken]);
});

it('a large message of another type is refused, cut to what Kafka takes; beyond 4 MB the run stops with the reason', async () => {
  const unknownField = (bytes: number) => {
    const length = Buffer.alloc(4);
    for (let at = 0, rest = bytes; at < 4; at += 1, rest >>>= 7) length[at] = (rest & 127) | (at < 3 ? 128 : 0);
    return Buffer.concat([Buffer.from('a206', 'hex'), length, Buffer.alloc(bytes, 7)]);
  };
  const { written, refused, ended, added } = await read(NONE, async (call) => {
    await call.send(printOf(1));
    call.raw(unknownField(3 * 1024 * 1024));
    await call.send(printOf(2));
    call.raw(unknownField(4 * 1024 * 1024));
  });
  expect(written).toEqual([mark(1), mark(2)]);
  expect(refused).toEqual(['UNDECODABLE']);
  expect(added[1]?.value).toHaveLength(512 * 1024);
  expect(ended).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('beyond the size limit') });
});

it('a cursor that goes back is refused and counted, and its neighbours are written', async () => {
  const { written, refused, counts } = await read(CURSOR, async (call) => {
    for (const number of [5, 6, 4, 7]) await call.send(printOf(number));
    call.end();
  });
  expect(written).toEqual([mark(5), mark(6), mark(7)]);
  expect(refused).toEqual(['CURSOR_BACK']);
  expect(counts).toEqual({ received: 4, late: 0, refusals: { CURSOR_BACK: 1 } });
});

it('a feed that goes on before the cursor it was asked for stops the run, unless the operator accepts it', async () => {
  const checkpoint: ResumePoint = { kind: 'cursor', cursor: '900', gaps: [], at: '2026-01-01T00:00:00.000Z' };
  const asked: unknown[] = [];
  const play = async (call: TapeCall) => {
    asked.push(String(call.request.from_blk));
    for (const number of [1, 2, 3]) await call.send(printOf(number));
    call.end();
  };
  const stopped = await read(CURSOR, play, { checkpoint });
  expect(stopped.ended).toMatchObject({
    code: 'UNSAFE',
    message: expect.stringMatching(/asked for what comes behind cursor 900, but its feed goes on at 1/),
  });
  expect(stopped.written).toEqual([]);
  const accepted = await read(CURSOR, play, { checkpoint, acceptGap: true });
  expect(accepted.written).toEqual([mark(1), mark(2), mark(3)]);
  expect(accepted.lost).toMatchObject([{ from: '2026-01-01T00:00:00.000Z' }]);
  expect(asked).toEqual(['900', '900']);
});

it('what comes while nobody reads a feed without a position is a time that is lost, told each time', async () => {
  let calls = 0;
  const play = async (call: TapeCall) => {
    calls += 1;
    await call.send(printOf(calls));
    if (calls < 3) call.fail();
    else call.end();
  };
  const { written, lost } = await read(NONE, play, {
    checkpoint: { kind: 'none', heard: '2026-01-01T00:00:00.000Z', gaps: [] },
  });
  expect(written).toEqual([mark(1), mark(2), mark(3)]);
  expect(lost).toHaveLength(3);
  expect(lost[0]?.from).toBe('2026-01-01T00:00:00.000Z');
  for (const { from, to } of lost) expect(from <= to).toBe(true);
});

it('token and metadata go out with the call', async () => {
  const sent: unknown[] = [];
  const login = { token: 'the-token', metadata: { 'x-client': 'perps' } };
  await read(
    NONE,
    async (call) => {
      sent.push(call.metadata['x-client'], call.metadata.authorization);
      call.end();
    },
    {},
    login,
  );
  expect(sent).toEqual(['perps', 'Bearer the-token']);
});

it('heartbeats that are left out on purpose are a sign of life', async () => {
  const { written, lost } = await read(
    NONE,
    async (call) => {
      for (let beats = 0; beats < 8; beats += 1) {
        call.beat();
        await sleep(100);
      }
      await call.send(printOf(1));
      call.end();
    },
    { silenceMs: 300 },
  );
  expect(written).toEqual([mark(1)]);
  expect(lost).toEqual([]);
});

describe('a method that is asked again and again', () => {
  const from = (first: number, length: number) => Array.from({ length }, (_, index) => printOf(first + index));
  /** The number of the first print of the block that is asked for. */
  const firstOf = (request: TapeCall['request']) =>
    request.from_blk === undefined || request.from_blk === null ? 0 : (Number(request.from_blk) - 7_000_000) * 5;

  it('is asked from the last slot on, and what comes twice is taken once', async () => {
    const asked: number[] = [];
    const { ended, written, counts } = await poll(SLOT_POSITION, (request) => {
      asked.push(firstOf(request));
      return from(firstOf(request), Math.min(12, 30 - firstOf(request)));
    });
    expect(ended).toBe('feed');
    expect(written).toEqual(from(0, 30).map((print) => print.mark));
    expect(counts.received).toBe(30);
    // Two whole blocks of five further each time, until nothing is new.
    expect(asked).toEqual([0, 10, 20, 25]);
  });

  it('is asked behind the last cursor that another one followed', async () => {
    const asked: (number | undefined)[] = [];
    const { ended, written } = await poll(CURSOR, ({ from_blk: cursor }) => {
      const isAsked = cursor !== undefined && cursor !== null;
      asked.push(isAsked ? Number(cursor) : undefined);
      const next = isAsked ? Number(cursor) + 1 : 0;
      return from(next, Math.min(4, 9 - next));
    });
    expect(ended).toBe('feed');
    expect(asked).toEqual([undefined, 2, 5, 7]);
    expect(written).toEqual(from(0, 9).map((print) => print.mark));
  });

  it('stops when an answer repeats nothing of the one before; told to, it goes on and says what is missing', async () => {
    const jump = () => {
      let answers = 0;
      return () => {
        answers += 1;
        return answers === 1 ? from(0, 10) : answers === 2 ? from(50, 10) : from(55, 5);
      };
    };
    const { ended, written } = await poll(SLOT_POSITION, jump());
    expect(ended).toMatchObject({ code: 'UNSAFE', message: expect.stringContaining('repeats nothing of the one of') });
    expect(written).toEqual(from(0, 10).map((print) => print.mark));
    const accepted = await poll(CURSOR, jump(), { acceptGap: true });
    expect(accepted.ended).toBe('feed');
    expect(accepted.written).toEqual([...from(0, 10), ...from(50, 10)].map((print) => print.mark));
    expect(accepted.lost).toEqual([{ from: expect.any(String), to: expect.any(String) }]);
  });

  it('stops for that after a break, too, when updates are most likely to be missing', async () => {
    let answers = 0;
    const { ended, written } = await poll(CURSOR, () => {
      answers += 1;
      if (answers === 2) throw Object.assign(new Error('gone'), { code: status.UNAVAILABLE });
      return answers === 1 ? from(0, 10) : from(50, 10);
    });
    expect(ended).toMatchObject({ code: 'UNSAFE', message: expect.stringContaining('repeats nothing of the one of') });
    expect(written).toEqual(from(0, 10).map((print) => print.mark));
  });

  it('that has nothing is asked again after the interval, until it has', async () => {
    let answers = 0;
    const stop = new AbortController();
    const reading = poll(
      CURSOR,
      () => {
        answers += 1;
        if (answers > 4) stop.abort();
        return answers < 4 ? [] : from(0, 1);
      },
      { endWithFeed: false, signal: stop.signal },
    );
    const { ended, written } = await reading;
    expect(ended).toBe('signal');
    expect(written).toEqual([mark(0)]);
  });
});

it('a channel tells whether somebody takes connections', async () => {
  const server = await serveTape(join(project.root, TAPE_PROTO), '127.0.0.1:0', async () => {});
  const open = openChannel({ address: `127.0.0.1:${server.port}`, tls: false });
  toClose.push(server, open);
  await expect(open.reach()).resolves.toBeUndefined();
  const nobody = openChannel({ address: '127.0.0.1:1', tls: false });
  toClose.push(nobody);
  await expect(nobody.reach()).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: 'feed at 127.0.0.1:1 takes no connection within 3 s',
  });
});
