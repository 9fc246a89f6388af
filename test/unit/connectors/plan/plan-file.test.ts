import { describe, expect, it } from 'vitest';
import { fingerprints } from '../../../../connectors/plan/fingerprint.ts';
import { makePlan, type PlanInput } from '../../../../connectors/plan/plan.ts';
import {
  type MadePlan,
  PLAN_VERSION,
  planFileText,
  readPlanFile,
  whatMoved,
} from '../../../../connectors/plan/plan-file.ts';
import { connectorKeys } from '../../../../connectors/settings/connector-keys.ts';
import { settingOf } from '../../../../connectors/settings/setting-lookup.ts';
import { situationInput, situationNames } from '../../../support/plan-situations.ts';

function made(situation: string, environment = 'as it is'): MadePlan {
  const input: PlanInput = {
    ...situationInput(situation),
    settings: (config, key) => settingOf(connectorKeys(), config, key),
  };
  const options = { growTopics: input.growTopics, prune: false, from: 'resume' as const };
  return { plan: makePlan(input), options, fingerprints: fingerprints(input), environment };
}

const read = (text: string) => readPlanFile('my.plan', text);

describe('a saved plan', () => {
  it.each(situationNames)('comes back as it was, and nothing has moved: %s', (situation) => {
    const one = made(situation);
    const saved = read(planFileText(one));
    expect(whatMoved(saved, made(situation))).toEqual([]);
    expect(saved.plan.counts).toEqual(one.plan.counts);
  });

  it('holds no secret, in no situation', () => {
    for (const situation of situationNames) expect(planFileText(made(situation))).not.toMatch(/hunter\d-plain/);
  });

  it('does not even depend on a secret', () => {
    expect(made('a-literal-password-on-the-worker').fingerprints['connector positions-sink']?.observed).toBe(
      made('a-literal-password-on-both-sides').fingerprints['connector positions-sink']?.observed,
    );
  });

  it('is refused when it is none, of another version, or edited', () => {
    const text = planFileText(made('one-setting-differs'));
    expect(() => read('plan')).toThrow(/my\.plan is no plan file: it is not JSON; nothing was done/);
    expect(() => read('null')).toThrow(/is no plan file/);
    expect(() => read('{"version":1}')).toThrow(/is no plan file/);
    expect(() => read(text.replace(`"version": ${PLAN_VERSION}`, '"version": 99'))).toThrow(
      /plan of version 99.*reads 1/,
    );
    expect(() => read(text.replace('"5000"', '"9000"'))).toThrow(/was changed after it was written/);
  });

  it('says what moved: a setting on the cluster, the definition, a thing that appeared', () => {
    expect(whatMoved(made('one-setting-differs'), made('several-settings-differ'))).toEqual([
      'connector positions-sink: it changed on the cluster; planned: update, now: update (flush.max.retries, tasks.max)',
    ]);
    expect(whatMoved(made('in-sync'), made('declared-paused'))).toEqual([
      'connector positions-sink: its definition changed; planned: unchanged, now: update (sink.state)',
    ]);
    expect(whatMoved(made('in-sync'), made('a-topic-is-grown-on-request'))).toEqual([
      'topic positions: its definition changed; planned: unchanged, now: update (partitions)',
    ]);
    expect(whatMoved(made('in-sync'), made('a-sink-is-no-longer-defined'))).toEqual([
      expect.stringMatching(/^connector trades-sink: not in the plan; now: deployed by this project/),
    ]);
    expect(whatMoved(made('created-where-old-offsets-are'), made('connector-missing'))).toEqual([
      'connector positions-sink: it changed on the cluster; planned: create, now: create',
    ]);
    expect(whatMoved(made('in-sync'), made('in-sync', 'moved'))).toEqual([
      'environment staging: its definition in connect.yaml changed',
    ]);
  });

  it('a change that no plan shows is one too: both sides moved alike', () => {
    const input = situationInput('in-sync');
    const [stream] = input.streams;
    const moved = structuredClone(stream);
    for (const side of [moved?.desired.connector, moved?.observed.connector]) {
      (side?.config as Record<string, string>)['batch.size'] = '77';
    }
    const settings = () => undefined;
    const both = { ...input, settings, streams: moved === undefined ? [] : [moved] };
    const before = { ...made('in-sync'), fingerprints: fingerprints({ ...input, settings }) };
    const after = { ...before, plan: makePlan(both), fingerprints: fingerprints(both) };
    expect(whatMoved(before, after)).toEqual([
      'connector positions-sink: its definition changed and it changed on the cluster; planned: unchanged, now: unchanged',
    ]);
  });

  it('what other commands have done meanwhile, as planned, is no difference; what they undid is', () => {
    expect(whatMoved(made('a-migration-is-pending'), made('in-sync'))).toEqual([]);
    expect(whatMoved(made('a-compatible-schema-is-not-registered-yet'), made('in-sync'))).toEqual([]);
    expect(whatMoved(made('in-sync'), made('a-migration-is-pending'))).toEqual([
      'migrations: planned: unchanged, now: update',
    ]);
  });

  it('a task that has failed meanwhile is no reason to plan again', () => {
    expect(whatMoved(made('in-sync'), made('connector-failed-but-configured-as-wanted'))).toEqual([]);
  });
});
