import type { StreamDefinition } from '../../pipeline/types.ts';
import type { Part, Probes } from './probes.ts';

/** `unknown`: it could not be examined, because a part that it depends on does not answer. */
export type Verdict = 'ok' | 'warning' | 'broken' | 'unknown';

/** What one check says of one thing. */
export interface Diagnosis {
  readonly verdict: Verdict;
  /** What was examined: a part, a topic, an index. */
  readonly subject: string;
  /** One sentence: how it is, or why it is not known. */
  readonly message: string;
  /** What to do about it. Each warning and each broken part has one. */
  readonly remedy?: string | undefined;
}

/** Examines one thing by the probes it names. To add one: write it in its part's file in `checks/`, and a line in `all-checks.ts`. */
export interface Check<Used extends keyof Probes = keyof Probes> {
  /** Stable, for machines: `postgres.time-zone`. */
  readonly name: string;
  /** The part that this check proves to answer. An error makes it broken, and makes the checks that need the part unknown. */
  readonly reaches?: Part | undefined;
  /** Parts without which the check can say nothing. */
  readonly needs: readonly Part[];
  /** Changes nothing. Any error makes the check unknown. */
  run(probes: Pick<Probes, Used>): Promise<readonly Diagnosis[]>;
}

export const ok = (subject: string, message: string): Diagnosis => ({ verdict: 'ok', subject, message });

const notOk =
  (verdict: 'warning' | 'broken') =>
  (subject: string, message: string, remedy: string): Diagnosis => ({ verdict, subject, message, remedy });

export const warning = notOk('warning');
export const broken = notOk('broken');

/** Examines each stream by itself. */
export const perStream =
  <P extends Pick<Probes, 'streams'>>(
    examine: (stream: StreamDefinition, probes: P) => Promise<Diagnosis | readonly Diagnosis[]>,
  ) =>
  async (probes: P): Promise<readonly Diagnosis[]> =>
    (await Promise.all(probes.streams.map((stream) => examine(stream, probes)))).flat();
