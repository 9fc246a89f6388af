import { always, type Harm, harmOf, is, isNot } from './harms.ts';

const isOn = is(/^(on|true|tru|tr|t|yes|ye|y|1)$/i);
const isOff = is(/^(off|of|false|fals|fal|fa|f|no|n|0)$/i);
const isNotReadCommitted = isNot(/^read committed$/i);

const MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
/** A time as PostgreSQL reads it, in milliseconds. What is no time counts as none. */
function milliseconds(value: string): number {
  const [, number = '0', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*$/.exec(value) ?? [];
  return Number(number) * (MS[unit] ?? 1);
}
const isTime = (value: string): boolean => milliseconds(value) > 0;

const READ_ONLY = 'refuses every write (SQLSTATE 25006)';
const NOT_RETRIED = 'makes concurrent commits of two tasks fail with SQLSTATE 40001, which the sink does not try again';
const CANCELS = 'cancels a write that waits for a lock or a commit, and the task fails';
/** A sink writes a batch in one go: a transaction that waits this long for its client has lost it. */
const IDLE_MS = 60_000;

/** Names as PostgreSQL has them, in lower case. */
const HARMS: Readonly<Record<string, Harm>> = {
  default_transaction_read_only: [isOn, READ_ONLY],
  transaction_read_only: [isOn, READ_ONLY],
  default_transaction_isolation: [isNotReadCommitted, NOT_RETRIED],
  transaction_isolation: [isNotReadCommitted, NOT_RETRIED],
  session_replication_role: [isNot(/^origin$/i), 'keeps triggers from firing: rows without a rollup'],
  row_security: [isOff, 'makes every statement on a table with row security an error'],
  synchronous_commit: [isOff, 'lets a crash of PostgreSQL lose rows whose offsets have been committed'],
  statement_timeout: [isTime, CANCELS],
  lock_timeout: [isTime, CANCELS],
  transaction_timeout: [isTime, CANCELS],
  idle_session_timeout: [isTime, 'ends connections while the topic is silent, and the task fails'],
  idle_in_transaction_session_timeout: [
    (value) => isTime(value) && milliseconds(value) < IDLE_MS,
    'ends a connection between two statements of a batch when the worker pauses, and the task fails',
  ],
  exit_on_error: [isOn, 'ends the connection at the first error'],
  role: [isNot(/^none$/i), 'makes the sink write as somebody else'],
  session_authorization: [always, 'makes the sink write as somebody else'],
  transform_null_equals: [isOn, 'changes what comparisons with NULL mean in triggers'],
};

/** What a setting of the sink's session would do to rows; undefined when it does them no harm. */
export const sessionHarm = (name: string, value: string): string | undefined =>
  harmOf(HARMS, name.toLowerCase(), value.trim());

/** The settings in the parameter `options` of a JDBC URL, and what of it is none. */
export function sessionOptions(options: string): {
  readonly settings: readonly (readonly [name: string, value: string])[];
  readonly rest: readonly string[];
} {
  // A blank that belongs to a value has a backslash before it.
  const words = options.replaceAll(/(^|\s)-c\s+/g, '$1-c').match(/(?:\\.|[^\s\\])+/g) ?? [];
  const settings: (readonly [string, string])[] = [];
  const rest: string[] = [];
  for (const word of words.map((text) => text.replaceAll(/\\(.)/g, '$1'))) {
    const [, name, value = ''] = /^(?:-c|--)([\w.-]+)=(.*)$/s.exec(word) ?? [];
    if (name === undefined) rest.push(word);
    else settings.push([name.replaceAll('-', '_'), value]);
  }
  return { settings, rest };
}
