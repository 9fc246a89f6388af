/** What a setting of the sink's database session must not be, and what it would do. Names as PostgreSQL has them, in lower case. */
interface Judge {
  harms(value: string): boolean;
  readonly how: string;
}

const isOn = (value: string): boolean => /^(on|true|tru|tr|t|yes|ye|y|1)$/i.test(value);
const isOff = (value: string): boolean => /^(off|of|false|fals|fal|fa|f|no|n|0)$/i.test(value);
const isNot = (wanted: string) => (value: string) => value.toLowerCase() !== wanted;
const always = () => true;

const MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
/** A time as PostgreSQL reads it, in milliseconds. What is no time counts as none. */
function milliseconds(value: string): number {
  const [, number = '0', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*$/.exec(value) ?? [];
  return Number(number) * (MS[unit] ?? 1);
}
const isTime = (value: string): boolean => milliseconds(value) > 0;

const CANCELS = 'cancels a write that waits for a lock or a commit, and the task fails';
/** A sink writes a batch in one go: a transaction that waits this long for its client has lost it. */
const IDLE_MS = 60_000;

const JUDGES: Readonly<Record<string, Judge>> = {
  default_transaction_read_only: { harms: isOn, how: 'refuses every write (SQLSTATE 25006)' },
  transaction_read_only: { harms: isOn, how: 'refuses every write (SQLSTATE 25006)' },
  default_transaction_isolation: {
    harms: isNot('read committed'),
    how: 'makes concurrent commits of two tasks fail with SQLSTATE 40001, which the sink does not try again',
  },
  transaction_isolation: {
    harms: isNot('read committed'),
    how: 'makes concurrent commits of two tasks fail with SQLSTATE 40001, which the sink does not try again',
  },
  session_replication_role: { harms: isNot('origin'), how: 'keeps triggers from firing: rows without a rollup' },
  row_security: { harms: isOff, how: 'makes every statement on a table with row security an error' },
  synchronous_commit: {
    harms: isOff,
    how: 'lets a crash of PostgreSQL lose rows whose offsets have been committed',
  },
  statement_timeout: { harms: isTime, how: CANCELS },
  lock_timeout: { harms: isTime, how: CANCELS },
  transaction_timeout: { harms: isTime, how: CANCELS },
  idle_session_timeout: { harms: isTime, how: 'ends connections while the topic is silent, and the task fails' },
  idle_in_transaction_session_timeout: {
    harms: (value) => isTime(value) && milliseconds(value) < IDLE_MS,
    how: 'ends a connection between two statements of a batch when the worker pauses, and the task fails',
  },
  exit_on_error: { harms: isOn, how: 'ends the connection at the first error' },
  role: { harms: isNot('none'), how: 'makes the sink write as somebody else' },
  session_authorization: { harms: always, how: 'makes the sink write as somebody else' },
  transform_null_equals: { harms: isOn, how: 'changes what comparisons with NULL mean in triggers' },
};

/** What a setting of the sink's session would do to rows; undefined when it does them no harm. */
export function sessionHarm(name: string, value: string): string | undefined {
  const key = name.toLowerCase();
  const judge = Object.hasOwn(JUDGES, key) ? JUDGES[key] : undefined;
  return judge?.harms(value.trim()) ? judge.how : undefined;
}

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
