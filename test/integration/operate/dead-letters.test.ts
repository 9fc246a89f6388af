import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKafka } from '../../../core/kafka.ts';
import { headerText } from '../../../core/kafka-headers.ts';
import { type ScannedRecord, scanTopic } from '../../../core/kafka-scan.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { replayMarks } from '../../../operate/dead-letters/replay-marks.ts';
import { publishRecords } from '../../../operate/publish-records.ts';
import { checkpointTopic, deadLetterTopic, rejectedTopic } from '../../../pipeline/names.ts';
import { feedServiceOf } from '../../../producer/feed/feed-service.ts';
import { rejectedRecord } from '../../../producer/record/rejected.ts';
import type { AvroRecord } from '../../../schemas/avro-schema.ts';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { feedMessage, positionUpdate } from '../../support/position-feed.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

const GOOD = 20;
/** Where dead letters stood, as their headers say; beyond what is in the topic, so that none is older than a row. */
const STOOD = 5_000;

describe('dead letters and rejected updates', () => {
  let sink: SinkFixture;
  let kafka: { brokers: readonly string[] };
  let topic: string;

  const connect = (...args: string[]) =>
    runInProcess([...args, '--only', 'positions'], { cwd: sink.test.root, env: sink.test.env });
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await connect(...args, '-o', 'json');
    if (stdout === '') throw new Error(stderr);
    return { code, ...JSON.parse(stdout).streams[0] };
  };
  /** The outcome of each dead letter, by the offset in its name. */
  const outcomes = (letters: { letter: string; outcome: string }[]) =>
    Object.fromEntries(letters.map(({ letter, outcome }) => [letter.split('@')[1], outcome]));
  const records = async (name: string): Promise<ScannedRecord[]> => {
    const found: ScannedRecord[] = [];
    const onRecords = async (batch: readonly ScannedRecord[]) => void found.push(...batch);
    await scanTopic(kafka, { topic: name, clientId: 'test', onRecords });
    return found;
  };
  const replays = async (): Promise<ScannedRecord[]> =>
    (await records(topic)).filter(({ headers }) => headers['replay.of'] !== undefined);

  /** As a worker writes it. */
  const deadLetter = (number: number, value: Buffer, headers: Record<string, string>, at = 2) => ({
    partition: 0,
    key: Buffer.from(`Position${number}`),
    value,
    headers: {
      own: 'kept',
      '__connect.errors.topic': topic,
      '__connect.errors.partition': String(at),
      '__connect.errors.offset': String(STOOD + number),
      '__connect.errors.stage': 'TASK_PUT',
      '__connect.errors.exception.class.name': 'org.postgresql.util.PSQLException',
      '__connect.errors.exception.message': 'new row violates check constraint "no_thirteen"',
      ...headers,
    },
  });

  beforeAll(async () => {
    sink = await createSinkFixture('dead-letters');
    kafka = { brokers: sink.test.environment.kafka.brokers };
    topic = sink.stream.topic.name;
    await sink.produce(GOOD);
    await sink.deploy();
    await eventually(async () => expect(await sink.query('SELECT 1 FROM positions')).toHaveLength(GOOD), {
      timeoutMs: 30_000,
    });
    const [row] = await sink.query("SELECT kafka_partition FROM positions WHERE signature = 'Signature1'");
    const partition = Number(row?.kafka_partition);
    const original = (await records(topic)).find((one) => one.partition === partition && one.offset === 0n);
    const undecodable = {
      '__connect.errors.stage': 'VALUE_CONVERTER',
      // As a worker writes it when the definition says onUndecodable: dlq.
      '__connect.errors.exception.stacktrace':
        'org.apache.kafka.connect.errors.DataException: outer\n\tat a.B(C.java:1)\nCaused by: java.lang.IllegalStateException: artifactId cannot be null\n\tat a.B(C.java:2)',
    };
    await publishRecords(kafka, {
      topic: deadLetterTopic(sink.stream),
      clientId: 'test',
      records: [
        deadLetter(100, sink.encode(100, { leverage: 13 }), {}),
        deadLetter(101, sink.encode(101, { leverage: 13, size: '2.50000000' }), {}, 1),
        deadLetter(102, Buffer.from('plain text'), undecodable),
        deadLetter(103, sink.encode(103, { symbol: 'X'.repeat(21) }), {}),
        deadLetter(104, sink.encode(104), { 'replay.count': '3', 'replay.of': 'somewhere' }),
        {
          ...deadLetter(1, original?.value ?? Buffer.of(), { '__connect.errors.offset': '0' }, partition),
          key: original?.key ?? null,
        },
        deadLetter(106, sink.encode(106), {}, 3),
        deadLetter(107, sink.encode(107), {}, 3),
      ],
    });
    const refused = (update: Record<string, unknown>, code: 'TOO_LONG' | 'NOT_ALLOWED', field: string) =>
      rejectedRecord(
        sink.stream,
        feedServiceOf(packageRoot(), sink.stream),
        {
          bytes: feedMessage({ update: positionUpdate(update) }),
          update,
          refusals: [{ code, field, message: 'then' }],
        },
        new Date(),
      );
    // As if it had been refused while the column was narrower; a producer that resumed refused it twice.
    const widened = refused({ signature: 'widened', symbol: 'A-LONGER-NAME' }, 'TOO_LONG', 'symbol');
    const cut = { ...widened, value: widened.value.subarray(0, 60) };
    const tooLong = refused({ signature: 'long', symbol: 'X'.repeat(21) }, 'TOO_LONG', 'symbol');
    const side = refused({ signature: 'side', side: 42 }, 'NOT_ALLOWED', 'side');
    await publishRecords(kafka, {
      topic: rejectedTopic(sink.stream),
      clientId: 'test',
      records: [widened, widened, tooLong, side, cut].map(({ key, value, headers = {} }) => ({
        partition: 0,
        key,
        value,
        headers,
      })),
    });
  });
  afterAll(() => sink?.test.remove());

  it('records under keys of ours that are no marks stand in nobody’s way', async () => {
    const { name } = sink.stream.sink;
    const noMarks = ['not json', 'null', '"text"', '[]', '{}', '{"state":"sent","partition":0}', '{"state":7}'];
    const keys = [`quarantine/${name}`, `replayed/${topic}-2@${STOOD + 100}`, 'gap/0', 'discarded/x'];
    await publishRecords(kafka, {
      topic: checkpointTopic(sink.stream),
      clientId: 'test',
      records: keys.flatMap((key) =>
        noMarks.map((text) => ({ partition: 0, key: Buffer.from(key), value: Buffer.from(text), headers: {} })),
      ),
    });
    expect((await json('dlq', 'list')).groups).toMatchObject([{ replayed: 0 }, { replayed: 0 }]);
    expect(await json('quarantine', '--yes')).toMatchObject({ code: 0, outcome: 'unchanged' });
    expect((await json('verify', '--wait', '60s')).gaps).toEqual([]);
  });

  it('list counts by cause and stage, the innermost cause where there is a trace', async () => {
    const { letters, groups } = await json('dlq', 'list');
    expect(letters).toBe(8);
    expect(groups).toMatchObject([
      { cause: 'PSQLException: new row violates check constraint "no_thirteen"', stage: 'TASK_PUT', count: 7 },
      {
        cause: expect.stringMatching(/^IllegalStateException: artifactId.*magic byte/),
        stage: 'VALUE_CONVERTER',
        count: 1,
      },
    ]);
    const { stdout } = await connect('rejected', 'list');
    expect(stdout).toMatch(/ 4 +0 +0 +PRODUCER +\S+\.rejected-0@0 +\S+\.rejected-0@4 +TOO_LONG symbol\n/);
    expect(stdout).toMatch(/ 1 +0 +0 +PRODUCER +\S+@3 +\S+@3 +NOT_ALLOWED side\n/);
  });

  it('show reads what can be read and shows other bytes with the reason', async () => {
    const { letters } = await json('dlq', 'show', '--where', 'size=2.5');
    expect(letters).toMatchObject([
      {
        letter: `${topic}-1@${STOOD + 101}`,
        key: 'Position101',
        content: { kind: 'update', fields: { leverage: '13' } },
      },
    ]);
    const { stdout } = await connect('dlq', 'show', '--where', 'cause=magic byte', '--where', 'partition=2');
    expect(stdout).toContain(Buffer.from('plain text').toString('hex'));
    expect(stdout).toMatch(/unreadable: magic byte is 112, not 0/);
    const refused = await json('rejected', 'show', '--where', 'signature=side');
    expect(refused.letters).toMatchObject([{ content: { fields: { side: '42', status: 'POSITION_STATUS_OPEN' } } }]);
    expect((await connect('dlq', 'show', '--where', 'size')).code).toBe(64);
  });

  it('replay says beforehand what it would do, asks, and sends nothing that would be refused again', async () => {
    const { letters, replayed } = await json('dlq', 'replay', '--dry-run');
    expect(replayed).toBe(0);
    expect(outcomes(letters)).toEqual({
      5100: 'planned',
      5101: 'planned',
      5102: 'refused',
      5103: 'refused',
      5104: 'looping',
      0: 'newer',
      5106: 'planned',
      5107: 'planned',
    });
    expect(letters[3].reason).toBe('PostgreSQL refuses its row (22001): value too long for type character varying(20)');
    expect((await connect('dlq', 'replay')).code).toBe(64);
    await sink.api.pause(sink.stream.sink.name);
    await eventually(async () => expect((await sink.api.status(sink.stream.sink.name))?.state).toBe('PAUSED'), {
      timeoutMs: 20_000,
    });
    expect(await connect('dlq', 'replay', '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/is PAUSED: replayed records would not reach the table\n.*connect resume/),
    });
    await sink.api.resume(sink.stream.sink.name);
    await eventually(async () => expect((await sink.api.status(sink.stream.sink.name))?.state).toBe('RUNNING'), {
      timeoutMs: 20_000,
    });
    expect(await replays()).toEqual([]);
  });

  it('replay keeps key, bytes, headers and partition, counts itself, and proves that the rows are there', async () => {
    const one = await json('dlq', 'replay', '--where', 'leverage=13', '--limit', '1', '--yes');
    expect(one).toMatchObject({ code: 0, replayed: 1, arrived: 1 });
    expect(one.letters.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['replayed', 'left']);
    const { code, stdout, stderr } = await connect('dlq', 'replay', '--where', 'leverage=13', '--yes');
    expect(code).toBe(0);
    expect(stderr).toBe('positions: 1 replayed, 1 of them proved to be in the table, 1 done before\n');
    expect(stdout).toMatch(
      /= \S+-2@5100 {2}replayed before: replayed as \S+-2@\d+\n\+ \S+-1@5101 {2}replayed: \S+-1@\d+, its row is there\n/,
    );
    const [record] = (await replays()).filter(({ partition }) => partition === 1);
    expect(record?.key?.toString()).toBe('Position101');
    expect(record?.value).toEqual(sink.encode(101, { leverage: 13, size: '2.50000000' }));
    expect(Object.keys(record?.headers ?? {}).sort()).toEqual(['own', 'replay.at', 'replay.count', 'replay.of']);
    expect(headerText(record?.headers ?? {}, 'replay.count')).toBe('1');
    expect(await sink.query('SELECT kafka_partition AS p FROM positions WHERE leverage = 13 ORDER BY slot')).toEqual([
      { p: 2 },
      { p: 1 },
    ]);
  });

  it('what was replayed stays so although its row is gone, unless asked for again', async () => {
    await sink.query("DELETE FROM positions WHERE signature = 'Signature100'");
    const where = ['--where', 'signature=Signature100', '--yes'];
    expect(outcomes((await json('dlq', 'replay', ...where)).letters)).toEqual({ 5100: 'replayed-before' });
    expect(await json('dlq', 'replay', ...where, '--again')).toMatchObject({ replayed: 1, arrived: 1 });
  });

  it('a replay that was killed between its mark and its record is completed, one that had sent is not repeated', async () => {
    const ends = async () => BigInt((await records(topic)).filter(({ partition }) => partition === 3).length);
    const mark = (number: number, offset: bigint) => ({
      state: 'sending' as const,
      of: `${topic}-3@${STOOD + number}`,
      topic,
      partition: 3,
      offset: offset.toString(),
      at: new Date().toISOString(),
    });
    const end = await ends();
    await replayMarks({ kafka, stream: sink.stream }).write(
      new Map([106, 107].map((number) => [`${topic}-3@${STOOD + number}`, mark(number, end)])),
    );
    const headers = { 'replay.of': `${topic}-3@${STOOD + 106}`, 'replay.count': '1' };
    const sent = { partition: 3, key: Buffer.from('Position106'), value: sink.encode(106), headers };
    await publishRecords(kafka, { topic, clientId: 'test', records: [sent] });
    const { letters } = await json('dlq', 'replay', '--where', 'partition=3', '--yes');
    expect(outcomes(letters)).toEqual({ 5106: 'replayed-before', 5107: 'replayed' });
  });

  it('rejected updates go through validation and encoding again, each content once', async () => {
    const { letters, replayed, arrived } = await json('rejected', 'replay', '--yes');
    expect({ replayed, arrived }).toEqual({ replayed: 1, arrived: 1 });
    expect(outcomes(letters)).toEqual({
      0: 'replayed',
      1: 'replayed-before',
      2: 'refused',
      3: 'refused',
      4: 'refused',
    });
    const reasons = letters.map(({ reason }: { reason?: string }) => reason);
    expect(reasons[1]).toMatch(/^the same as \S+-0@0$/);
    expect(reasons[2]).toMatch(/^symbol TOO_LONG: .* has 21 characters, at most 20 fit/);
    expect(reasons[3]).toMatch(/^side NOT_ALLOWED: value 42 is none of Long, Short/);
    expect(reasons[4]).toMatch(/^it is no message of the feed: /);
    expect(await sink.query("SELECT symbol FROM positions WHERE signature = 'widened'")).toEqual([
      { symbol: 'A-LONGER-NAME' },
    ]);
    const again = await json('rejected', 'replay', '--yes');
    expect(again).toMatchObject({
      replayed: 0,
      letters: [{ outcome: 'replayed-before' }, { outcome: 'replayed-before' }, {}, {}, {}],
    });
  });

  it('take their old place in their slot; one without a number is left alone where another update stands', async () => {
    const update = (signature: string, changes: AvroRecord) =>
      sink.encode(200, { position_account: 'Slotted', slot: 9_000n, signature, ...changes });
    await sink.produceBytes('Slotted', update('second', { ordinal: 1, status: 'Closed' }));
    const current = () => sink.query("SELECT status FROM current_positions WHERE position_account = 'Slotted'");
    await eventually(async () => expect(await current()).toEqual([{ status: 'Closed' }]), { timeoutMs: 30_000 });
    await publishRecords(kafka, {
      topic: deadLetterTopic(sink.stream),
      clientId: 'test',
      records: [
        deadLetter(201, update('first', { ordinal: 0 }), {}),
        deadLetter(202, update('unnumbered', { ordinal: null }), {}),
      ],
    });
    const { letters } = await json('dlq', 'replay', '--where', 'position_account=Slotted', '--yes');
    expect(outcomes(letters)).toEqual({ 5201: 'replayed', 5202: 'newer' });
    expect(letters[1].reason).toMatch(/another update of its position_account and slot/);
    expect(await current()).toEqual([{ status: 'Closed' }]);
  });

  it('a dry run beside a sink that is catching up stops neither', async () => {
    const { name } = sink.stream.sink;
    const inState = (state: string) =>
      eventually(async () => expect((await sink.api.status(name))?.state).toBe(state), { timeoutMs: 20_000 });
    await sink.api.stop(name);
    await inState('STOPPED');
    const accounts = Array.from({ length: 50 }, (_, n) => `Hot${String(n).padStart(2, '0')}`);
    const updates = (round: number) =>
      accounts.map((account, n) => ({
        key: account,
        value: sink.encode(10_000 + round * 50 + n, { position_account: account }),
      }));
    await sink.send(Array.from({ length: 200 }, (_, round) => updates(round)).flat());
    // Late accounts first, a refused one, then early ones: against the order in which a commit locks positions.
    const letters = [...accounts.slice(25), 'Bad', ...accounts.slice(0, 25)].map((account, n) => ({
      ...deadLetter(
        300 + n,
        sink.encode(300 + n, { position_account: account, ...(account === 'Bad' ? { symbol: 'X'.repeat(21) } : {}) }),
        {},
      ),
      key: Buffer.from(account),
    }));
    await publishRecords(kafka, { topic: deadLetterTopic(sink.stream), clientId: 'test', records: letters });
    await sink.api.resume(name);
    let dryRuns = 0;
    let status: { lag: string; tasks: { state: string }[] };
    const states = () => status.tasks.map(({ state }) => state);
    do {
      const { letters: planned } = await json('dlq', 'replay', '--dry-run', '--where', 'stage=TASK_PUT');
      expect(planned.filter(({ outcome }: { outcome: string }) => outcome === 'planned')).toHaveLength(50);
      dryRuns += 1;
      status = await json('status');
    } while (status.lag !== '0' && !states().includes('FAILED'));
    expect(dryRuns).toBeGreaterThan(1);
    expect(states()).toEqual(['RUNNING', 'RUNNING']);
  });

  it('what is discarded, with a reason, no longer counts, stays in its topic, and is not replayed unless asked for', async () => {
    const [of, reason] = [
      ['--where', 'offset=5103'],
      ['--reason', 'a test account'],
    ];
    expect((await connect('dlq', 'discard', ...of, '--yes')).code).toBe(64);
    expect((await connect('dlq', 'discard', ...of, '--reason', ' ', '--yes')).code).toBe(64);
    expect((await connect('dlq', 'discard', ...of, ...reason)).code).toBe(64);
    expect(await json('dlq', 'discard', ...of, ...reason, '--dry-run')).toMatchObject({
      discarded: 0,
      letters: [{ outcome: 'planned' }],
    });
    const before = await json('dlq', 'list');
    expect(await json('dlq', 'discard', ...of, ...reason, '--yes')).toMatchObject({ code: 0, discarded: 1 });
    const after = await json('dlq', 'list');
    expect(after).toMatchObject({ letters: before.letters, open: before.open - 1 });
    expect((await json('dlq', 'show', ...of)).letters[0].discarded).toMatch(/^discarded \d{4}-.*: a test account$/);
    expect(await json('dlq', 'discard', ...of, ...reason, '--yes')).toMatchObject({
      discarded: 0,
      letters: [{ outcome: 'discarded-before' }],
    });
    const replay = async (...args: string[]) => (await json('dlq', 'replay', '--dry-run', ...of, ...args)).letters[0];
    expect(await replay()).toMatchObject({ outcome: 'discarded', reason: expect.stringMatching(/a test account/) });
    expect(await replay('--again')).toMatchObject({ outcome: 'refused' });

    for (const source of ['dlq', 'rejected']) {
      expect((await connect(source, 'discard', ...reason, '--yes')).code).toBe(0);
      expect(await json(source, 'list')).toMatchObject({ open: 0 });
    }
    expect(await json('status')).toMatchObject({ openRejected: '0', openDeadLetters: '0', rejected: '5' });
    expect((await connect('status')).stdout).toMatch(/ 0 +0\n/);
    expect((await connect('verify')).stdout).toMatch(/dead letters; 0 neither replayed nor discarded/);
  });

  it('leaves topic and table exact', async () => {
    const { differences, samples, deadLetters } = await json('verify', '--wait', '60s');
    expect(samples).toEqual([]);
    expect({ differences, deadLetters }).toEqual({ differences: 0, deadLetters: 61 });
    expect(await json('status')).toMatchObject({ deadLetters: '61', rejected: '5' });
  });

  it('a replay sends nothing that is not what its headers say, while that is still there', async () => {
    const original = (await records(topic)).find(
      ({ offset, headers }) => offset === 1n && headers['replay.of'] === undefined,
    );
    if (original === undefined) throw new Error('no record at an offset 1');
    const forged = deadLetter(
      1,
      sink.encode(1, { leverage: 7 }),
      { '__connect.errors.offset': '1' },
      original.partition,
    );
    const topicOfLetters = { topic: deadLetterTopic(sink.stream), clientId: 'test' };
    await publishRecords(kafka, { ...topicOfLetters, records: [{ ...forged, key: original.key }] });
    for (const again of [[], ['--again']]) {
      const { letters, replayed } = await json('dlq', 'replay', '--where', 'leverage=7', '--yes', ...again);
      expect(replayed).toBe(0);
      expect(letters).toMatchObject([
        { outcome: 'refused', reason: expect.stringContaining('it is not the record that stands at') },
      ]);
    }
  });
  it('are read within a bounded memory, and none goes uncounted when Kafka deletes the oldest', async () => {
    const rejected = rejectedTopic(sink.stream);
    const values = Array.from({ length: 600 }, (_one, index) => Buffer.alloc(500_000, `${index};`));
    const headers = { reason: 'TOO_LONG', field: 'owner' };
    const bad = values.map((value) => ({ partition: 0, key: null, value, headers }));
    await publishRecords(kafka, { topic: rejected, clientId: 'test', records: bad.splice(0) });
    values.length = 0;
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const sampling = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 20);
    try {
      expect(await json('rejected', 'list')).toMatchObject({ letters: 605, open: 600 });
      const { letters, of } = await json('rejected', 'show', '--limit', '6', '--where', 'cause=TOO_LONG owner');
      expect([letters.length, of]).toEqual([6, 600]);
      expect((await json('rejected', 'show', '--limit', '2')).of).toBe(605);
    } finally {
      clearInterval(sampling);
    }
    // All of them have 300 MB.
    expect(most).toBeLessThan(200_000_000);

    const admin = createKafka(kafka, 'test').admin();
    await admin.connect();
    // The client deletes only in topics that it has asked for.
    await admin.fetchTopicOffsets(rejected);
    await admin.deleteTopicRecords({ topic: rejected, partitions: [{ partition: 0, offset: '605' }] });
    await admin.disconnect();
    const { letters, deleted, open } = await json('rejected', 'list');
    expect(letters).toBe(0);
    // A copy of a handled update has no name of its own in the marks.
    expect(deleted).toBeGreaterThanOrEqual(600);
    expect(open).toBe(deleted);
    expect(await json('status')).toMatchObject({ rejected: '0', rejectedDeleted: '605', openRejected: String(open) });
    expect(await json('verify')).toMatchObject({ rejectedDeleted: 605, openRejected: open });
    expect(await json('rejected', 'discard', '--reason', 'a test feed', '--yes')).toMatchObject({
      discarded: 0,
      deleted,
    });
    expect(await json('status')).toMatchObject({ rejectedDeleted: '605', openRejected: '0' });
    expect((await connect('rejected', 'list')).stdout).toMatch(/ {2}none\n$/);
  }, 120_000);
});
