import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planLines } from '../../../../cli/render-plan.ts';
import { makePlan, type Plan, pendingEntries } from '../../../../connectors/plan/plan.ts';
import { connectorKeys } from '../../../../contract/connector-keys.ts';
import { settingOf } from '../../../../contract/setting-lookup.ts';
import { inputOf, type Situation, situations } from './situations.ts';

const planOf = (situation: Situation): Plan =>
  makePlan({ ...inputOf(situation), settings: (config, key) => settingOf(connectorKeys(), config, key) });

const connectorOf = (situation: Situation) => planOf(situation).entries.find(({ kind }) => kind === 'connector');

describe('a plan', () => {
  it.each(Object.entries(situations))('is the golden one: %s', async (name, situation) => {
    const plan = planOf(situation);
    const text = [...planLines(plan), `pending: ${pendingEntries(plan).length}`, ''].join('\n');
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'golden', `${name.replaceAll(/\W+/g, '-')}.txt`));
  });

  it('is made for 25 situations at least', () => {
    expect(Object.keys(situations).length).toBeGreaterThanOrEqual(25);
  });

  it('holds no literal secret, in no situation and no form', () => {
    for (const situation of Object.values(situations)) {
      expect(JSON.stringify(planOf(situation))).not.toMatch(/hunter\d-plain/);
    }
  });

  it('is empty when what is live is what is wanted, in any spelling', () => {
    for (const name of ['in sync', 'a live default spelled out is no change', 'a masked password']) {
      const plan = planOf(situations[name] as Situation);
      expect(pendingEntries(plan)).toEqual([]);
      expect(plan.counts).toEqual({ create: 0, update: 0, replace: 0, delete: 0 });
    }
  });

  it('says why it left a setting out', () => {
    expect(connectorOf(situations['a masked password'] as Situation)?.ignored).toEqual([
      { key: 'connection.password', reason: 'masked by the cluster, so it cannot be compared' },
    ]);
  });

  it('replaces a connector of another class only', () => {
    const actions = Object.values(situations).map((situation) => connectorOf(situation)?.action);
    expect(actions.filter((action) => action === 'replace')).toHaveLength(1);
    expect(connectorOf(situations['another connector class'] as Situation)?.action).toBe('replace');
  });
});
