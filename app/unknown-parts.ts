import type { PlanOptions } from '../connectors/plan/plan-file.ts';
import { ConnectError } from '../core/errors.ts';
import type { TopicsBy } from '../pipeline/types.ts';

/** The parts whose checks a deploy may go without. */
export const CHECKED_PARTS = ['brokers', 'database'] as const;
export type CheckedPart = (typeof CHECKED_PARTS)[number];

/** Parts that cannot be reached from here, each with the error that says so. */
export type UnknownParts = Readonly<Record<CheckedPart, ConnectError | undefined>>;

const WITHOUT: Readonly<Record<CheckedPart, string>> = {
  brokers: 'where the sinks stand, and whether Kafka deleted records that they have not read, are unknown',
  database: 'whether the migrations ran and the tables take what the sinks write is unknown',
};

/** An answer, or the error of a part that cannot be reached. Any other error is thrown. */
export async function orUnreachable<T>(answer: Promise<T>): Promise<T | ConnectError> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ConnectError && (error.code === 'UNREACHABLE' || error.code === 'TIMEOUT')) return error;
    throw error;
  }
}

/**
 * Nothing is deployed on what is not known, unless the part is left unchecked by name. Offsets cannot be changed without brokers in
 * any case, and partitions only where `topicsBy` has told of the topics. Errors: those of the parts, with what is unknown without them.
 */
export function requireKnown(
  unknown: UnknownParts,
  unchecked: readonly CheckedPart[],
  { from, growTopics }: PlanOptions,
  topicsBy: TopicsBy | undefined,
): void {
  for (const part of CHECKED_PARTS) {
    const error = unknown[part];
    if (error === undefined) continue;
    const isUnseen = part === 'brokers' && topicsBy === undefined;
    const needsBrokers = part === 'brokers' && (from !== 'resume' || (growTopics && isUnseen));
    if (unchecked.includes(part) && !needsBrokers) continue;
    const flag = from === 'resume' ? '--grow-topics' : `--from ${from}`;
    throw new ConnectError(
      error.code,
      `${error.message}: ${isUnseen ? 'topics, ' : ''}${WITHOUT[part]}; nothing was changed`,
      {
        details: { ...error.details, unknown: part },
        hint: needsBrokers
          ? `${flag} needs the brokers: deploy from a machine that reaches them`
          : `deploy from a machine that reaches it, or go on without this check by --unchecked ${part}`,
        cause: error,
      },
    );
  }
}
