import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderSink } from '../../../connectors/render/render-sink.ts';
import type { SinkConfig } from '../../../connectors/sink-config.ts';
import { withPostgres } from '../../../core/postgres.ts';
import { projectFile } from '../../../pipeline/load.ts';
import { loadAvroSchema } from '../../../schemas/avro-schema.ts';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

/** The sink's own rollback of what the driver has broken off hides why. */
const BROKEN_OFF = /This connection has been closed/;

describe('a database that stops answering in the middle of a statement', () => {
  let sink: SinkFixture;
  let config: SinkConfig;

  beforeAll(async () => {
    sink = await createSinkFixture('frozen');
    const { environment, project } = sink.test;
    const { worker } = environment;
    const databaseUrl = `${worker.databaseUrl}${worker.databaseUrl.includes('?') ? '&' : '?'}socketTimeout=3`;
    const { fields } = loadAvroSchema(projectFile(project, sink.stream.schema));
    config = renderSink(sink.stream, { ...environment, worker: { ...worker, databaseUrl } }, fields);
    await sink.deploy({ config });
    await sink.produce(100);
    await rows(100);
  });
  afterAll(() => sink?.test.remove());

  const rows = (count: number) =>
    eventually(async () => expect(await sink.query('SELECT FROM positions')).toHaveLength(count), {
      timeoutMs: 60_000,
    });
  const tasks = async () => (await sink.api.status(sink.stream.sink.name))?.tasks ?? [];
  const restart = async () => {
    const { root: cwd, env } = sink.test;
    const { code, stderr } = await runInProcess(['restart', '--failed', '--only', 'positions'], { cwd, env });
    expect(code, stderr).toBe(0);
  };

  /** Holds the table so that the sink waits in the middle of a write, and runs a task meanwhile. */
  const whileHeld = (task: (waiting: readonly number[]) => Promise<void>) =>
    // What the worker's session waits for is shown to nobody else but the superuser.
    withPostgres(sink.test.superuser, async (client) => {
      await client.query('BEGIN; LOCK TABLE positions IN SHARE MODE');
      await sink.produce(100, 100 + Number((await client.query('SELECT FROM positions')).rowCount));
      const pids = await eventually(
        async () => {
          const { rows: waiting } = await client.query<{ pid: number }>(
            `SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`,
            [sink.stream.sink.name],
          );
          expect(waiting).not.toEqual([]);
          return waiting.map(({ pid }) => pid);
        },
        { timeoutMs: 30_000 },
      );
      await task(pids);
      await client.query('ROLLBACK');
    });

  /** Waits for at least so many failed tasks, which say why. */
  const failed = (count: number) =>
    eventually(
      async () => {
        const found = (await tasks()).filter(({ state }) => state === 'FAILED');
        expect(found.length).toBeGreaterThanOrEqual(count);
        for (const { trace } of found) expect(trace).toMatch(BROKEN_OFF);
      },
      { timeoutMs: 40_000 },
    );

  it('holds no task: those that it froze fail, and a restart writes their rows while it is still frozen', async () => {
    const frozen: number[] = [];
    try {
      await whileHeld(async (waiting) => {
        for (const pid of waiting) {
          process.kill(pid, 'SIGSTOP');
          frozen.push(pid);
        }
      });
      await failed(frozen.length);
      await restart();
      await rows(200);
    } finally {
      for (const pid of frozen) process.kill(pid, 'SIGCONT');
    }
  }, 120_000);

  it('is the same as a lock that nobody releases', async () => {
    await whileHeld(async (waiting) => {
      await failed(waiting.length);
    });
    await restart();
    await rows(300);
  }, 120_000);
});
