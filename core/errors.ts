/**
 * Every failure this package reports, with what a caller may do about it.
 * `exit` is the process exit code the command line ends with (docs/output.md lists them).
 */
const CODES = {
  /** The caller's words are off: unknown flag, bad value, missing argument. */
  USAGE: { exit: 64, retryable: false },
  /** A definition, environment or schema file is invalid. */
  INVALID_DEFINITION: { exit: 64, retryable: false },
  /** A part did not answer at its address. */
  UNREACHABLE: { exit: 1, retryable: true },
  /** A part answered, but not in time. */
  TIMEOUT: { exit: 1, retryable: true },
  /** A part is up but not ready, for example a Connect rebalance (409). */
  NOT_READY: { exit: 1, retryable: true },
  /** A part answered with a refusal that repeating will not change. */
  REFUSED: { exit: 1, retryable: false },
  /** What was asked for does not exist. */
  NOT_FOUND: { exit: 1, retryable: false },
  /** The machine lacks something: Java, disk, a free port, a user to run as. */
  ENVIRONMENT: { exit: 1, retryable: false },
  /** A downloaded or cached file is not what the lock file says. */
  CORRUPT: { exit: 1, retryable: false },
  /** Continuing could lose data, so we stopped. */
  UNSAFE: { exit: 1, retryable: false },
  /** Layers that have to agree do not: what is to be deployed would break. */
  FINDINGS: { exit: 3, retryable: false },
  /** A deploy failed and the previous state was restored. */
  DEPLOY_FAILED: { exit: 4, retryable: false },
  /** A deploy failed and restoring the previous state failed too. */
  ROLLBACK_FAILED: { exit: 5, retryable: false },
  /** Interrupted by the user. */
  INTERRUPTED: { exit: 130, retryable: false },
  /** A defect of this package. */
  INTERNAL: { exit: 1, retryable: false },
} as const;

/** What kind of failure it is; each has its exit code, and `retryable` says whether a second try may help. docs/reference/error-codes.md lists them. */
export type ErrorCode = keyof typeof CODES;

/** What an error carries besides its message: facts for `-o json`, and the next step for a person. */
export interface ErrorContext {
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** What to do next, one sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The one error class of this package. `message` says what failed, on what, and why; `hint` what to do next.
 * Neither may hold a secret.
 */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    this.details = context.details ?? {};
    this.hint = context.hint;
  }

  /** Whether the same call may succeed later without anyone changing anything. */
  get retryable(): boolean {
    return CODES[this.code].retryable;
  }

  get exitCode(): number {
    return CODES[this.code].exit;
  }

  /** What `-o json` prints of it. */
  toJSON(): object {
    const { code, message, hint, details } = this;
    return { code, message, hint, details };
  }

  /** Normalises anything caught; an unknown error becomes INTERNAL with the original as its cause. */
  static from(error: unknown): ConnectError {
    if (error instanceof ConnectError) return error;
    return new ConnectError('INTERNAL', messageOf(error), { cause: error });
  }
}

/** What anything caught says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** An error and those it was made from, the innermost last. */
export function causesOf(error: unknown): Error[] {
  const found: Error[] = [];
  for (let current = error; current instanceof Error && !found.includes(current); current = current.cause) {
    found.push(current);
  }
  return found;
}

/** What stands at the end of a chain of causes: the real reason. */
export function rootCause(error: unknown): unknown {
  const innermost = causesOf(error).at(-1);
  return innermost === undefined ? error : (innermost.cause ?? innermost);
}

/** An answer that is undefined when what was asked about does not exist. */
export const ifFound = <T>(answer: Promise<T>): Promise<T | undefined> =>
  answer.catch((error: unknown) => {
    if (error instanceof ConnectError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
