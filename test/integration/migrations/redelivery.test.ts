import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

const UPDATES = 500;
/** Enough that every partition has some: once they are in the table, so is everything sent before them. */
const MARKERS = 40;

describe('what the real sink delivers again', () => {
  let sink: SinkFixture;
  let sent = UPDATES;
  beforeAll(async () => {
    sink = await createSinkFixture('redelivery');
    await sink.deploy();
    await sink.produce(UPDATES);
    await settle();
  });
  afterAll(() => sink?.test.remove());

  /** Sends markers and waits until they are written. */
  async function settle(): Promise<void> {
    await sink.produce(MARKERS, sent);
    sent += MARKERS;
    await eventually(
      async () => {
        const [row] = await sink.query(
          'SELECT count(*)::int AS rows, count(DISTINCT kafka_partition)::int AS parts FROM positions',
        );
        expect(row).toEqual({ rows: sent, parts: sink.stream.topic.partitions });
      },
      { timeoutMs: 60_000 },
    );
    const status = await sink.api.status(sink.stream.sink.name);
    expect(status?.tasks.map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING']);
  }

  async function rewind(): Promise<void> {
    const { name } = sink.stream.sink;
    await sink.api.stop(name);
    await eventually(() => sink.api.resetOffsets(name), { timeoutMs: 30_000 });
    await sink.api.resume(name);
  }

  /** Of the first updates: row versions show whether PostgreSQL wrote anything. */
  const rows = (columns: string) =>
    sink.query(`SELECT ${columns} FROM positions WHERE position_index < ${UPDATES} ORDER BY position_index`);

  it('is no write at all when its offsets were set back', async () => {
    const before = await rows('*, ctid::text, xmin::text');
    await rewind();
    await settle();
    expect(await rows('*, ctid::text, xmin::text')).toEqual(before);
  });

  it('takes over the higher offset when a producer has sent the updates again; rows keep id and created_at', async () => {
    const before = await rows('id, created_at::text, kafka_partition, kafka_offset');
    await sink.produce(UPDATES);
    await settle();
    const after = await rows('id, created_at::text, kafka_partition, kafka_offset');
    expect(after.map(({ kafka_offset: _offset, ...row }) => row)).toEqual(
      before.map(({ kafka_offset: _offset, ...row }) => row),
    );
    for (const [at, row] of after.entries()) {
      expect(BigInt(String(row.kafka_offset))).toBeGreaterThan(BigInt(String(before[at]?.kafka_offset)));
    }
  });

  it('never falls back to the first sending when both are delivered once more', async () => {
    const before = await rows('*, ctid::text, xmin::text');
    await rewind();
    await settle();
    expect(await rows('*, ctid::text, xmin::text')).toEqual(before);
  });
});
