import type { Part, Probes } from './probes.ts';

/** `unknown`: it could not be looked at, because something it depends on is not there. */
export type Verdict = 'ok' | 'warning' | 'broken' | 'unknown';

/** What one check has found about one thing. */
export interface Finding {
  readonly verdict: Verdict;
  /** What was looked at: a part, a topic, an index. */
  readonly subject: string;
  /** One sentence: how it is, or why it is not known. */
  readonly message: string;
  /** What to do; always there for what is broken or a warning. */
  readonly remedy?: string;
}

/** One thing that is looked at. To add one: a file in `checks/`, and its line in `all-checks.ts`. */
export interface Check {
  /** Stable, for machines: `postgres.time-zone`. */
  readonly name: string;
  /** The part whose answering this check is about: an error makes it broken, and what needs the part unknown. */
  readonly reaches?: Part;
  /** Parts without which it cannot look. */
  readonly needs: readonly Part[];
  /** Looks, and changes nothing. Any error makes the check unknown. */
  run(probes: Probes): Promise<readonly Finding[]>;
}

export const ok = (subject: string, message: string): Finding => ({ verdict: 'ok', subject, message });

export const warning = (subject: string, message: string, remedy: string): Finding => ({
  verdict: 'warning',
  subject,
  message,
  remedy,
});

export const broken = (subject: string, message: string, remedy: string): Finding => ({
  verdict: 'broken',
  subject,
  message,
  remedy,
});

/** Runs a check's question for each stream. */
export async function eachStream(
  { streams }: Probes,
  ask: (stream: Probes['streams'][number]) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  return (await Promise.all(streams.map(ask))).flat();
}
