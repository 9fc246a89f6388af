import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadProject } from '../../../pipeline/load.ts';
import { feedServiceOf } from '../../../producer/feed/feed-service.ts';
import { createRecordMapper } from '../../../producer/record/mapper.ts';
import { type AvroRecord, loadAvroSchema } from '../../../schemas/avro-schema.ts';
import { mutatedProject } from '../../support/contract-fixture.ts';
import type { Edit } from '../../support/mutations/edit.ts';
import { type HarmlessChange, harmlessChanges } from '../../support/mutations/harmless.ts';
import { createTrials, type TrialSink, type Trials } from '../../support/trial-sink.ts';

/** Changes that are deployed together: a change that does not apply beside the others begins a group of its own. */
interface Group {
  readonly changes: HarmlessChange[];
  edits: readonly Edit[];
}

function grouped(changes: readonly HarmlessChange[]): Group[] {
  const groups: Group[] = [];
  for (const change of changes) {
    const home = groups.find((group) => isProject([...group.edits, ...change.edits]));
    if (home === undefined) groups.push({ changes: [change], edits: change.edits });
    else {
      home.changes.push(change);
      home.edits = [...home.edits, ...change.edits];
    }
  }
  return groups;
}

function isProject(edits: readonly Edit[]): boolean {
  try {
    const project = mutatedProject(edits);
    try {
      const [stream] = loadProject(project.root, {}).streams;
      if (stream === undefined) return false;
      feedServiceOf(project.root, stream);
      return true;
    } finally {
      project.remove();
    }
  } catch {
    return false;
  }
}

/** What the producer makes of an update as the edited proto has it. */
function producedRecords(edits: readonly Edit[], count: number): AvroRecord[] {
  const project = mutatedProject(edits);
  try {
    const [stream] = loadProject(project.root, {}).streams;
    if (stream === undefined) throw new Error('the project has no stream');
    const service = feedServiceOf(project.root, stream);
    const map = createRecordMapper(loadAvroSchema(join(project.root, stream.schema)), service);
    return Array.from({ length: count }, (_, index) => {
      const mapped = map(update(index));
      if (!mapped.ok) throw new Error(JSON.stringify(mapped.refusals));
      return mapped.record;
    });
  } finally {
    project.remove();
  }
}

const update = (index: number): Record<string, unknown> => ({
  position_account: `Position${index}`,
  position_index: index,
  owner: 'Owner',
  signature: `Signature${index}`,
  slot: `${250_000_000 + index}`,
  block_time: '1767225600123',
  symbol: 'BTC-USD',
  side: 1,
  size: '1.00000001',
  entry_price: '50000.000001',
  mark_price: '50001',
  margin: '1000',
  leverage: 50,
  unrealized_pnl: '-0.000001',
  realized_pnl: '0',
  funding_accrued: '0',
  liquidation_price: '49000',
  status: 2,
  event_type: 1,
  venue: 'main',
  sequence: '7',
});

const groups = grouped(harmlessChanges).map((group) => ({
  ...group,
  name: group.changes.map((change) => change.name).join('; '),
}));

describe('what the check passes is deployed and moves rows', () => {
  let trials: Trials;
  const sinks: TrialSink[] = [];

  beforeAll(async () => {
    trials = await createTrials('harmless');
    for (const { edits } of groups) sinks.push(await trials.start(edits, { records: producedRecords(edits, 5) }));
  }, 180_000);
  afterAll(() => trials?.remove(), 60_000);

  it.each(groups.map((group, index) => ({ ...group, index })))('$name', { timeout: 120_000 }, async (group) => {
    const sink = sinks[group.index];
    const rows = (await sink?.rows(5)) ?? [];
    expect(rows[0]).toMatchObject({
      position_account: 'Position0',
      slot: '250000000',
      block_time: '2026-01-01 00:00:00.123',
      side: 'Long',
      size: '1.00000001',
      entry_price: '50000.000001',
      unrealized_pnl: '-0.000001',
      status: 'Open',
      event_type: 'OPENED',
      kafka_offset: '0',
    });
    const hasVenue = group.changes.some(({ name }) => name === 'a new optional field in all four layers');
    expect(rows[0]?.venue).toBe(hasVenue ? 'main' : undefined);
    expect((await sink?.state())?.state).toBe('RUNNING');
  });
});
