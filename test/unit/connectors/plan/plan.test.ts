import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planLines } from '../../../../cli/render/plan.ts';
import { makePlan, type Plan, pendingEntries } from '../../../../connectors/plan/plan.ts';
import { planFixtures, situationInput, situationNames } from '../../../support/plan-situations.ts';

const planOf = (situation: string): Plan => makePlan(situationInput(situation));

const connectorOf = (situation: string) => planOf(situation).entries.find(({ kind }) => kind === 'connector');

describe('a plan', () => {
  it.each(situationNames)('is the golden one: %s', async (situation) => {
    const plan = planOf(situation);
    const text = [...planLines(plan), `pending: ${pendingEntries(plan).length}`, ''].join('\n');
    await expect(text).toMatchFileSnapshot(join(planFixtures, situation, 'plan.txt'));
    // What is in sync stands in the text.
    const pending = { counts: plan.counts, pending: pendingEntries(plan) };
    const value = `${JSON.stringify(pending, null, 2)}\n`;
    await expect(value).toMatchFileSnapshot(join(planFixtures, situation, 'plan.json'));
  });

  it('holds no literal secret, in no situation and no form', () => {
    for (const situation of situationNames) {
      expect(JSON.stringify(planOf(situation))).not.toMatch(/hunter\d-plain/);
    }
  });

  it('is empty when what is live is what is wanted, in any spelling', () => {
    for (const name of [
      'in-sync',
      'a-live-default-spelled-out-is-no-change',
      'a-masked-password',
      'paused-as-declared',
    ]) {
      const plan = planOf(name);
      expect(pendingEntries(plan)).toEqual([]);
      expect(plan.counts).toEqual({ create: 0, update: 0, replace: 0, delete: 0 });
    }
  });

  it('makes a topic that two sinks read once, and names its subject once', () => {
    const input = situationInput('nothing-exists');
    const [stream] = input.streams;
    if (stream === undefined) throw new Error('no stream');
    const { entries, counts } = makePlan({ ...input, streams: [stream, stream] });
    const names = entries.filter(({ kind }) => kind !== 'connector').map(({ kind, name }) => `${kind} ${name}`);
    expect(names).toEqual([...new Set(names)]);
    expect(entries.filter(({ kind }) => kind === 'connector')).toHaveLength(2);
    expect(counts.create).toBe(planOf('nothing-exists').counts.create + 1);
  });

  it('says why it left a setting out', () => {
    expect(connectorOf('a-masked-password')?.ignored).toEqual([
      { key: 'connection.password', reason: 'masked by the cluster, so it cannot be compared' },
    ]);
  });

  it('replaces a connector of another class only', () => {
    const replaced = situationNames.filter((situation) => connectorOf(situation)?.action === 'replace');
    expect(replaced).toEqual(['another-connector-class', 'replaced-and-stopped']);
  });
});
