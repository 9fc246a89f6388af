import { describe, expect, it } from 'vitest';
import { makePlan, planFingerprints } from '../../../../connectors/plan/plan.ts';
import {
  type MadePlan,
  PLAN_VERSION,
  planDrift,
  planFile,
  readPlanFile,
  withoutSecretsIn,
} from '../../../../connectors/plan/plan-file.ts';
import { planRestSink } from '../../../../connectors/rest/plan.ts';
import { situationInput, situationNames, situationSink } from '../../../support/plan-situations.ts';

function made(situation: string, environment = 'as it is'): MadePlan {
  const input = situationInput(situation);
  const options = { growTopics: input.growTopics, prune: false, from: 'resume' as const };
  return { plan: makePlan(input), options, fingerprints: planFingerprints(input), environment };
}

const planFileText = (one: MadePlan): string => planFile(one, (value) => value).text;
const read = (text: string) => readPlanFile('my.plan', text);

describe('a saved plan', () => {
  it.each(situationNames)('comes back as it was, and nothing has moved: %s', (situation) => {
    const one = made(situation);
    const saved = read(planFileText(one));
    expect(planDrift(saved, made(situation))).toEqual([]);
    expect(saved.plan.counts).toEqual(one.plan.counts);
  });

  it('holds no secret, in no situation', () => {
    for (const situation of situationNames) expect(planFileText(made(situation))).not.toMatch(/hunter\d-plain/);
  });

  it('holds what is known to be secret under no name, and the same plan of now still agrees with it', () => {
    const hide = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll('5000', '(secret)'));
    const { text, digest } = planFile(made('one-setting-differs'), hide);
    expect(text).not.toContain('5000');
    const saved = read(text);
    expect(saved.digest).toBe(digest);
    expect(planDrift(saved, withoutSecretsIn(made('one-setting-differs'), hide))).toEqual([]);
  });

  it('has the digest of its whole content: what was asked for is part of it', () => {
    const one = made('one-setting-differs');
    const digests = [one, { ...one, options: { ...one.options, prune: true } }, made('in-sync')].map(
      (plan) => planFile(plan, (value) => value).digest,
    );
    expect(new Set(digests).size).toBe(3);
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
    expect(planDrift(made('one-setting-differs'), made('several-settings-differ'))).toEqual([
      'connector positions-sink: it changed on the cluster; planned: update, now: update (flush.max.retries, tasks.max)',
    ]);
    expect(planDrift(made('in-sync'), made('declared-paused'))).toEqual([
      'connector positions-sink: its definition changed; planned: unchanged, now: update (sink.state)',
    ]);
    expect(planDrift(made('in-sync'), made('a-topic-is-grown-on-request'))).toEqual([
      'topic positions: its definition changed; planned: unchanged, now: update (partitions)',
    ]);
    expect(planDrift(made('in-sync'), made('a-sink-is-no-longer-defined'))).toEqual([
      expect.stringMatching(/^connector trades-sink: not in the plan; now: deployed by this project/),
    ]);
    expect(planDrift(made('created-where-old-offsets-are'), made('connector-missing'))).toEqual([
      'connector positions-sink: it changed on the cluster; planned: create, now: create',
    ]);
    expect(planDrift(made('in-sync'), made('in-sync', 'moved'))).toEqual([
      'environment staging: its definition in connect.yaml changed',
    ]);
  });

  it('a change that no plan shows is one too: both sides moved alike', () => {
    const input = situationInput('in-sync');
    const [desired, live] = situationSink('in-sync');
    if (live === undefined) throw new Error('the sink of the situation is deployed');
    const moved = { 'batch.size': '77' };
    const sink = planRestSink(
      { ...desired, config: { ...desired.config, ...moved } },
      { ...live, config: { ...live.config, ...moved } },
      [],
      (text) => text,
    );
    const both = { ...input, streams: input.streams.map((stream) => ({ ...stream, sink })) };
    const after = { ...made('in-sync'), plan: makePlan(both), fingerprints: planFingerprints(both) };
    expect(planDrift(made('in-sync'), after)).toEqual([
      'connector positions-sink: its definition changed and it changed on the cluster; planned: unchanged, now: unchanged',
    ]);
  });

  it('what other commands have done meanwhile, as planned, is no difference; what they undid is', () => {
    expect(planDrift(made('a-migration-is-pending'), made('in-sync'))).toEqual([]);
    expect(planDrift(made('a-compatible-schema-is-not-registered-yet'), made('in-sync'))).toEqual([]);
    expect(planDrift(made('in-sync'), made('a-migration-is-pending'))).toEqual([
      'migrations: planned: unchanged, now: update',
    ]);
  });

  it('a task that has failed meanwhile is no reason to plan again', () => {
    expect(planDrift(made('in-sync'), made('connector-failed-but-configured-as-wanted'))).toEqual([]);
  });
});
