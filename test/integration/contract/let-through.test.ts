import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AvroRecord } from '../../../schemas/avro-schema.ts';
import { goodRecord } from '../../support/good-record.ts';
import { mutations } from '../../support/mutations/mutations.ts';
import { createTrials, type TrialOptions, type TrialSink, type Trials } from '../../support/trial-sink.ts';

/** An edit that the check catches, and what a real sink makes of it when nobody checks. The records are ones the producer would send. */
interface LetThrough {
  /** The mutation's name. */
  readonly mutation: string;
  readonly trial?: Partial<TrialOptions>;
}

interface Fails extends LetThrough {
  /** What the task's stack trace says. */
  readonly because: RegExp;
  /** Whether the first delivery is written and only the second fails. */
  readonly onRedelivery?: true;
}

interface Loses extends LetThrough {
  readonly rows: number;
  /** What stands in the table instead of what was sent. */
  readonly lost: (rows: readonly Record<string, string | null>[]) => unknown;
  readonly sent: unknown;
  readonly stored: unknown;
}

const records = (...changes: AvroRecord[]): Partial<TrialOptions> => ({
  records: changes.map((change, index) => goodRecord(index + 1, change)),
});
const twiceTheSameKey: Partial<TrialOptions> = {
  // Before the connector is there, so that all come in one poll; neighbours, so that both stand in one rewritten statement.
  before: true,
  records: [goodRecord(1), goodRecord(1, { slot: 250_000_009n }), goodRecord(2), goodRecord(3)],
};

const failing: readonly Fails[] = [
  {
    mutation: 'a column is shortened',
    trial: records({ signature: 'S'.repeat(88) }),
    because: /value too long for type/,
  },
  { mutation: 'a 64-bit column is narrowed', trial: records({ slot: 2n ** 33n }), because: /out of range/i },
  { mutation: 'a column is renamed', because: /entry_price/ },
  { mutation: 'a required column is added that nothing fills', because: /null value in column "venue"/ },
  {
    mutation: 'a CHECK refuses an allowed word',
    trial: records({ status: 'Closing' }),
    because: /violates check constraint/,
  },
  {
    mutation: 'a CHECK compares columns',
    trial: records({ mark_price: '1.000000', liquidation_price: '2.000000' }),
    because: /violates check constraint "marks"/,
  },
  {
    mutation: 'a second unique index',
    trial: records({ signature: 'Same' }, { signature: 'Same' }),
    because: /duplicate key value violates unique constraint "one_signature"/,
  },
  { mutation: 'the unique index is dropped', because: /no unique or exclusion constraint matching the ON CONFLICT/ },
  { mutation: 'the unique index covers some rows only', because: /no unique or exclusion constraint matching/ },
  { mutation: 'the table references another', because: /violates foreign key constraint/ },
  { mutation: 'a column is generated', because: /position_index/ },
  {
    mutation: 'a required field may be null',
    trial: records({ slot: null }),
    because: /null value in column "slot"/,
  },
  {
    mutation: 'a field is added whose column no migration adds',
    because: /Cannot alter table .* schema evolution is disabled/,
  },
  {
    mutation: 'the reduction buffer is off while batches are rewritten',
    trial: twiceTheSameKey,
    because: /ON CONFLICT DO UPDATE command cannot affect row a second time/,
  },
  { mutation: 'rows are inserted, not upserted', onRedelivery: true, because: /duplicate key value/ },
  // The worker's own validation has nothing against the word.
  { mutation: 'the insert mode is misspelt', because: /JdbcSinkConnectorConfig/ },
  { mutation: 'fields are left out of the selection', because: /null value in column/ },
  { mutation: 'another converter', because: /JsonConverter|SerializationException/ },
  { mutation: 'the sink is read-only by its URL', trial: { parameters: 'readOnly=true' }, because: /read-only/ },
  {
    mutation: 'the session is read-only',
    trial: { parameters: 'options=-c%20default_transaction_read_only=on' },
    // To the driver a server that takes no writes is none.
    because: /Could not find a server with specified targetServerType: primary|read-only/,
  },
  { mutation: 'Hibernate speaks another dialect', because: /Error while checking and applying table changes/ },
  {
    mutation: 'the consumer decodes before the converter',
    because: /ClassCastException|String cannot be cast/,
  },
  {
    mutation: 'a rule does more than a row asks for',
    because: /ON CONFLICT clause cannot be used with table that has INSERT or UPDATE rules/,
  },
  {
    mutation: 'an exclusion constraint refuses rows',
    trial: records({}, {}),
    because: /conflicting key value violates exclusion constraint "one_at_a_time"/,
  },
  {
    mutation: 'a column that nothing fills is of a domain that refuses NULL',
    because: /domain \S*venue does not allow null values/,
  },
  {
    mutation: 'row security without a policy refuses every row',
    because: /new row violates row-level security policy/,
  },
  { mutation: 'the owner may no longer insert', because: /permission denied for table positions/ },
  { mutation: 'the value becomes a field', because: /value|position_account/ },
];

const only =
  (column: string) =>
  (rows: readonly Record<string, string | null>[]): unknown =>
    rows[0]?.[column];

const losing: readonly Loses[] = [
  { mutation: 'a column is rescaled', rows: 1, lost: only('size'), sent: '1.00000001', stored: '1.000000' },
  {
    mutation: 'an amount becomes a float',
    trial: records({ margin: '12345678901234567890.123456' }),
    rows: 1,
    lost: only('margin'),
    sent: '12345678901234567890.123456',
    stored: '12345678901234567000',
  },
  {
    mutation: 'a timestamp loses its milliseconds',
    rows: 1,
    lost: only('block_time'),
    sent: '2026-01-01 00:00:00.123',
    stored: '2026-01-01 00:00:00',
  },
  {
    mutation: 'UNNEST is on',
    trial: { ...records({}, {}, {}, {}), before: true },
    rows: 4,
    lost: only('block_time'),
    sent: '2026-01-01 00:00:00.123',
    stored: '2026-01-01 00:00:00',
  },
  {
    mutation: 'errors are tolerated without a dead letter topic',
    trial: { records: [goodRecord(1)], raw: [Buffer.from('not Avro')] },
    rows: 1,
    lost: (rows) => rows.length,
    sent: 2,
    stored: 1,
  },
  { mutation: 'a trigger changes rows', rows: 1, lost: only('symbol'), sent: 'BTC-USD', stored: 'btc-usd' },
  {
    mutation: 'a trigger drops rows',
    trial: records({}, { status: 'Closed' }, {}),
    rows: 2,
    lost: (rows) => rows.length,
    sent: 3,
    stored: 2,
  },
  { mutation: 'a field is masked', rows: 1, lost: only('owner'), sent: 'Owner1', stored: '' },
  { mutation: 'fields are renamed', rows: 1, lost: only('margin'), sent: '1000.000000', stored: '1.000000' },
  {
    mutation: 'the trace columns depend on a predicate',
    rows: 1,
    lost: only('kafka_offset'),
    sent: '0',
    stored: null,
  },
  {
    mutation: 'the trace columns are no longer added',
    rows: 1,
    lost: only('kafka_offset'),
    sent: '0',
    stored: null,
  },
];

describe('what the check catches really breaks a sink', () => {
  let trials: Trials;
  const sinks = new Map<string, TrialSink>();

  beforeAll(async () => {
    trials = await createTrials('letthrough');
    for (const { mutation, trial } of [...failing, ...losing]) {
      const edit = mutations.find(({ name }) => name === mutation)?.edit;
      if (edit === undefined) throw new Error(`no mutation "${mutation}"`);
      sinks.set(mutation, await trials.start([edit], trial));
    }
  }, 180_000);
  afterAll(() => trials?.remove(), 60_000);

  const sinkOf = (mutation: string): TrialSink => {
    const sink = sinks.get(mutation);
    if (sink === undefined) throw new Error(`"${mutation}" was not started`);
    return sink;
  };

  it.each(failing)('$mutation: the task fails', { timeout: 120_000 }, async ({ mutation, because, onRedelivery }) => {
    const sink = sinkOf(mutation);
    if (onRedelivery) {
      await sink.rows(1);
      await sink.send(goodRecord(1));
    }
    expect(await sink.failure()).toMatch(because);
  });

  it.each(losing)('$mutation: data is lost while the task runs', { timeout: 120_000 }, async (loss) => {
    const sink = sinkOf(loss.mutation);
    const lost = loss.lost(await sink.rows(loss.rows));
    expect(lost).not.toEqual(loss.sent);
    expect(lost).toEqual(loss.stored);
    expect((await sink.state())?.state).toBe('RUNNING');
  });
});
