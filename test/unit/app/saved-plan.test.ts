import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadPlan, savePlan } from '../../../app/saved-plan.ts';
import { makePlan, planFingerprints } from '../../../connectors/plan/plan.ts';
import { situationInput } from '../../support/plan-situations.ts';
import { scratchFolder } from '../../support/scratch.ts';

const input = situationInput('one-setting-differs');
const options = { growTopics: false, prune: false, from: 'resume' } as const;
const made = { plan: makePlan(input), options, fingerprints: planFingerprints(input), environment: 'as it is' };

describe('a saved plan', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = scratchFolder();
    file = join(folder, 'next.plan');
  });

  it('is for its owner alone, also where an open file was', () => {
    writeFileSync(file, 'old');
    chmodSync(file, 0o666);
    savePlan(file, made);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['next.plan']);
  });

  it('is written through no link', () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'mine');
    symlinkSync(victim, file);
    expect(() => savePlan(file, made)).toThrow(/cannot be written to .* \(no regular file\)/);
    expect(readFileSync(victim, 'utf8')).toBe('mine');
    expect(() => savePlan('/dev/null', made)).toThrow('no regular file');
  });

  it('passes the gate before it is written', () => {
    savePlan(file, made, (value) => JSON.parse(JSON.stringify(value).replaceAll('5000', '(secret)')));
    expect(readFileSync(file, 'utf8')).not.toContain('5000');
  });

  it('is read by its digest only when it is the one that was approved', async () => {
    const digest = savePlan(file, made);
    expect((await loadPlan(file, undefined, digest)).digest).toBe(digest);
    // Whoever can write the file can make its checksum anew.
    const other = savePlan(file, { ...made, options: { ...options, prune: true } });
    await expect(loadPlan(file, undefined, digest)).rejects.toMatchObject({
      code: 'UNSAFE',
      message: `${file} has the digest ${other}, not ${digest}; nothing was done`,
    });
  });
});
