import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../core/errors.ts';
import type { Check, Finding, Verdict } from './check.ts';
import type { Part, Probes } from './probes.ts';

/** A finding with the check that made it. */
export interface DiagnosisLine extends Finding {
  readonly check: string;
}

/** A plain value: `-o json` is it, with the environment's name. */
export interface Diagnosis {
  readonly checks: readonly DiagnosisLine[];
  readonly counts: Readonly<Record<Verdict, number>>;
}

/**
 * Runs all checks at once, each no longer than `timeoutMs`; the findings stand in the order of the checks. A part that does
 * not answer is one broken line, and the checks that need it say that they are unknown because of it. Never throws.
 */
export async function diagnose(
  checks: readonly Check[],
  probes: Probes,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<Diagnosis> {
  const reached = new Map<Part, Promise<readonly Finding[]>>();
  for (const check of checks) {
    if (check.reaches !== undefined) reached.set(check.reaches, reach(check, probes, timeoutMs));
  }
  const lines = await Promise.all(
    checks.map(async (check) => {
      const own = check.reaches === undefined ? undefined : reached.get(check.reaches);
      const findings = await (own ?? lookWhenReached(check, probes, reached, timeoutMs));
      return findings.map((finding) => ({ check: check.name, ...finding }));
    }),
  );
  const all = lines.flat();
  const number = (verdict: Verdict) => all.filter((line) => line.verdict === verdict).length;
  return {
    checks: all,
    counts: {
      ok: number('ok'),
      warning: number('warning'),
      broken: number('broken'),
      unknown: number('unknown'),
    },
  };
}

async function reach(check: Check, probes: Probes, timeoutMs: number): Promise<readonly Finding[]> {
  try {
    return await bounded(check, probes, timeoutMs);
  } catch (error) {
    const { message, hint } = ConnectError.from(error);
    const remedy = hint ?? `check the address and the login of the ${check.reaches} in connect.yaml`;
    return [{ verdict: 'broken', subject: check.reaches ?? check.name, message, remedy }];
  }
}

async function lookWhenReached(
  check: Check,
  probes: Probes,
  reached: ReadonlyMap<Part, Promise<readonly Finding[]>>,
  timeoutMs: number,
): Promise<readonly Finding[]> {
  for (const part of check.needs) {
    const cause = (await reached.get(part))?.find(({ verdict }) => verdict === 'broken');
    if (cause !== undefined) return [unknown(part, cause.message)];
  }
  try {
    return await bounded(check, probes, timeoutMs);
  } catch (error) {
    const { message, hint } = ConnectError.from(error);
    return [{ ...unknown(check.needs[0] ?? check.name, message), ...(hint === undefined ? {} : { remedy: hint }) }];
  }
}

const unknown = (subject: string, why: string): Finding => ({
  verdict: 'unknown',
  subject,
  message: `unknown, because ${why}`,
});

/** What is still asked when the time is up is left to end by itself. */
async function bounded(check: Check, probes: Probes, timeoutMs: number): Promise<readonly Finding[]> {
  const timer = new AbortController();
  const late = async (): Promise<never> => {
    await sleep(timeoutMs, undefined, { signal: timer.signal });
    throw new ConnectError('TIMEOUT', `there was no answer within ${timeoutMs / 1000} s`, {
      hint: 'look at the load and the network of that part, then run the command again',
    });
  };
  const look = check.run(probes);
  try {
    return await Promise.race([look, late()]);
  } finally {
    look.catch(() => {});
    timer.abort();
  }
}
