import { describe, expect, test } from 'vitest';
import type { ObservedSink } from '../../../../connectors/sink-config.ts';
import { toDeadLetter } from '../../../../operate/dead-letters/dead-letter.ts';
import { waitForRows } from '../../../../operate/dead-letters/wait-for-rows.ts';
import { parseAvroSchema } from '../../../../schemas/avro-schema.ts';
import { record } from '../../../support/dead-letters.ts';
import { inMemoryWorker } from '../../../support/in-memory-worker.ts';
import { positions } from '../../../support/positions-stream.ts';

describe('the proof that rows arrived', () => {
  const schema = parseAvroSchema(
    '{"type":"record","name":"R","fields":[{"name":"position_account","type":"string"}]}',
    'test',
  );
  const sent = (account: string, offset: bigint) => ({
    deadLetter: toDeadLetter(positions, 'dlq', record(offset)),
    record: { partition: 1, key: null, value: Buffer.alloc(0), headers: {}, values: { position_account: account } },
    offset,
  });
  const rows = new Map([
    ['from it', { values: {}, partition: 1, offset: 10n }],
    ['from a later one', { values: {}, partition: 1, offset: 99n }],
    ['from an older one', { values: {}, partition: 1, offset: 9n }],
    ['from another partition', { values: {}, partition: 2, offset: 99n }],
  ]);
  const table = {
    keyOf: (values: Readonly<Record<string, string | null>>) => values.position_account ?? '',
    find: async () => rows,
    findTied: async () => new Set<string>(),
    findCorrected: async () => new Set<string>(),
    findCurrent: async () => new Map(),
  };
  const batch = [...rows.keys(), 'nothing'].map((account) => sent(account, 10n));
  const waitFor = (tasks: ObservedSink['tasks']) => {
    const { host, groups } = inMemoryWorker();
    const sink: ObservedSink = {
      name: 'positions-sink',
      config: {},
      state: 'RUNNING',
      worker: 'w',
      tasks,
      expectedTasks: 1,
      decidedByHost: [],
    };
    return waitForRows(
      {
        stream: positions,
        host: { ...host, observe: async () => sink },
        groups,
        kafka: { brokers: [] },
        timeoutMs: 300,
      },
      { table, schema },
      batch,
    );
  };

  test('is a row from the record or a later one of its partition; what is missing in time is told', async () => {
    const { arrived, failure } = await waitFor([]);
    expect([...arrived].map(({ record: { values } }) => values.position_account)).toEqual([
      'from it',
      'from a later one',
    ]);
    expect(failure).toMatch(/waited 0.3 s for the replayed rows/);
  });

  test('ends at once when the sink fails, with its cause', async () => {
    const task = { id: 0, state: 'FAILED', worker: 'w', trace: 'a.B: no more' } as const;
    const { arrived, failure } = await waitFor([task]);
    expect(arrived.size).toBe(2);
    expect(failure).toMatch(/positions-sink does not run: FAILED\n.*\n.*a\.B: no more/);
  });
});
