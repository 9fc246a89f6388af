import { expect } from 'vitest';
import { withPostgres } from '../../core/postgres.ts';
import { eventually } from './eventually.ts';
import type { SinkFixture } from './sink-fixture.ts';

/** Sends records and ends the sink's sessions in the middle of a write, as a fail-over does: their tasks have FAILED then. */
export const failTasks = (sink: SinkFixture, records: number, from: number): Promise<void> =>
  withPostgres(sink.test.superuser, async (holder) => {
    const waiting = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await holder.query('BEGIN; LOCK TABLE positions IN SHARE MODE');
    await sink.produce(records, from);
    const doesWait = async () => expect((await holder.query(waiting)).rows).not.toEqual([]);
    await eventually(doesWait, { timeoutMs: 60_000 });
    await holder.query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS sessions`);
    await holder.query('ROLLBACK');
  });
