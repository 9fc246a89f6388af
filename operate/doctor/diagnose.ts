import { setTimeout as sleep } from 'node:timers/promises';
import { anySignal } from '../../core/abort.ts';
import { ConnectError } from '../../core/errors.ts';
import { broken, type Check, type Diagnosis, type Verdict } from './check.ts';
import type { Probes } from './probes.ts';

/** A diagnosis with the check that made it. */
export interface ReportLine extends Diagnosis {
  readonly check: string;
}

/** A plain value: `-o json` is it, with the environment's name. */
export interface DoctorReport {
  readonly checks: readonly ReportLine[];
  readonly counts: Readonly<Record<Verdict, number>>;
}

interface Bounds {
  /** Of each check. */
  readonly timeoutMs: number;
  /** Ends them all. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs all checks at once, each no longer than `timeoutMs`; their diagnoses stand in the order of the checks. A part that does
 * not answer is one broken line, and the checks that need it say that they are unknown because of it. Errors: the signal's reason.
 */
export async function diagnose(checks: readonly Check[], probes: Probes, bounds: Bounds): Promise<DoctorReport> {
  const examined = new Map<Check, Promise<readonly Diagnosis[]>>();
  const examine = (check: Check): Promise<readonly Diagnosis[]> => {
    const diagnoses = examined.get(check) ?? run(check);
    examined.set(check, diagnoses);
    return diagnoses;
  };
  const run = async (check: Check): Promise<readonly Diagnosis[]> => {
    for (const part of check.needs) {
      const reaching = checks.find(({ reaches }) => reaches === part);
      const diagnoses = reaching === undefined ? [] : await examine(reaching);
      const cause = diagnoses.find(({ verdict }) => verdict === 'broken');
      if (cause !== undefined) return [unknown(part, cause.message)];
    }
    try {
      return await bounded(check, probes, bounds);
    } catch (error) {
      bounds.signal?.throwIfAborted();
      const { message, hint } = ConnectError.from(error);
      const { reaches, needs, name } = check;
      if (reaches === undefined) return [unknown(needs[0] ?? name, message, hint)];
      return [broken(reaches, message, hint ?? `check the address and the login of the ${reaches} in connect.yaml`)];
    }
  };
  const lines = (
    await Promise.all(
      checks.map(async (check) => (await examine(check)).map((diagnosis) => ({ check: check.name, ...diagnosis }))),
    )
  ).flat();
  const count = (verdict: Verdict) => lines.filter((line) => line.verdict === verdict).length;
  return {
    checks: lines,
    counts: { ok: count('ok'), warning: count('warning'), broken: count('broken'), unknown: count('unknown') },
  };
}

const unknown = (subject: string, why: string, remedy?: string): Diagnosis => ({
  verdict: 'unknown',
  subject,
  message: `unknown, because ${why}`,
  remedy,
});

/** Runs a check for a bounded time. A question that is still open then is left to end by itself. */
async function bounded(check: Check, probes: Probes, { timeoutMs, signal }: Bounds): Promise<readonly Diagnosis[]> {
  const timer = new AbortController();
  const late = async (): Promise<never> => {
    await sleep(timeoutMs, undefined, { signal: anySignal([timer.signal, signal]) });
    throw new ConnectError('TIMEOUT', `there was no answer within ${timeoutMs / 1000} s`, {
      hint: 'look at the load and the network of that part, then run the command again',
    });
  };
  const answer = check.run(probes);
  try {
    return await Promise.race([answer, late()]);
  } finally {
    answer.catch(() => {});
    timer.abort();
  }
}
