import { ConnectError, causesOf } from './errors.ts';

const SEE_ACL =
  '`connect acl` prints the rights that each role needs; an administrator gives them to the login of kafka.sasl';

const KINDS = /^(TOPIC|GROUP|CLUSTER|TRANSACTIONAL_ID)_AUTHORIZATION_FAILED$/;

/** What of Kafka a login has no right to, in Kafka's words; undefined when that is not what happened. */
export const missingRight = (error: unknown): string | undefined =>
  causesOf(error).find((one) => KINDS.test(String((one as { type?: unknown }).type)))?.message;

/** The error for a right that the login lacks, about `what`; any other error stays what it is. */
export function ifRefused(what: string, error: unknown): unknown {
  const right = missingRight(error);
  if (right !== undefined) return rightRefused(`the login has not the right to ${what} (${right})`, error);
  return causesOf(error).some(({ name }) => name === NO_COORDINATOR) ? noCoordinator(what, error) : error;
}

/** The client says it of a group that the login may not see as well. */
const NO_COORDINATOR = 'KafkaJSGroupCoordinatorNotFound';

const noCoordinator = (what: string, cause: unknown): ConnectError =>
  new ConnectError('UNREACHABLE', `no broker coordinates the group that was to ${what}, or the login may not see it`, {
    cause,
    hint: SEE_ACL,
  });

/** REFUSED, for a login that lacks a right. */
export const rightRefused = (message: string, cause: unknown, details: Record<string, unknown> = {}): ConnectError =>
  new ConnectError('REFUSED', `Kafka refuses it: ${message}`, {
    cause,
    details,
    hint: SEE_ACL,
  });

/** Of joining a group: brokers let the first member wait for others, by default for 3 s. */
const JOIN_TIMEOUT_MS = 15_000;

/** An answer in time. The client never answers where joining a group is refused. Errors: TIMEOUT. */
export async function answered<T>(what: string, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const message = `Kafka did not ${what} within ${JOIN_TIMEOUT_MS / 1000} s: it is busy, or the login has not the right to`;
    timer = setTimeout(() => reject(new ConnectError('TIMEOUT', message, { hint: SEE_ACL })), JOIN_TIMEOUT_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** An answer, or the error of `ifRefused`. */
export const withRight = <T>(what: string, answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    throw ifRefused(what, error);
  });
