import { anySignal, untilAborted } from '../../../core/abort.ts';
import { ConnectError, type ErrorCode } from '../../../core/errors.ts';
import type { Scrub } from '../../../core/scrub.ts';

/** What every client of an AWS service is made with. Credentials come from the SDK's default chain. */
export interface AwsOptions {
  readonly region: string;
  /** Another address than the service's own. */
  readonly endpoint?: string | undefined;
}

/** How long a call may take with all its tries. */
export interface CallBounds {
  /** Ends the call at once. */
  readonly signal?: AbortSignal | undefined;
  /** No answer is waited for longer than 90 s, whatever this says. */
  readonly timeoutMs?: number | undefined;
}

/** Tries of one call; the SDK waits longer after each, and longer still when it is throttled. */
const ATTEMPTS = 6;
/** One try: a connection may be half open. */
const TRY_MS = 30_000;
/** One call with all its tries. */
const CALL_MS = 90_000;

/** Client options of the SDK. Proxies are those of the process environment, but never for a loopback address. */
export async function clientOptions({ region, endpoint }: AwsOptions): Promise<object> {
  const { proxyAgents } = await import('../../../core/http.ts');
  return {
    region,
    maxAttempts: ATTEMPTS,
    // Without `throwOnRequestTimeout` the SDK only warns, and waits for ever.
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: TRY_MS,
      throwOnRequestTimeout: true,
      ...proxyAgents(endpoint),
    },
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** As `clientOptions`, where a request may be large: what counts is that bytes flow. */
export async function uploadOptions(place: AwsOptions): Promise<object> {
  const requestHandler = { connectionTimeout: 5_000, socketTimeout: TRY_MS };
  const { proxyAgents } = await import('../../../core/http.ts');
  return { ...(await clientOptions(place)), requestHandler: { ...requestHandler, ...proxyAgents(place.endpoint) } };
}

/**
 * Asks a service within bounds. `asked` says what was wanted, for messages: "MSK Connect could not list its connectors".
 * Errors: TIMEOUT when there is no answer in time, the signal's reason, otherwise those of `awsError`.
 */
export async function askAws<T>(
  asked: string,
  bounds: CallBounds,
  scrub: Scrub,
  ask: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
  atMostMs = CALL_MS,
): Promise<T> {
  const { signal } = bounds;
  const timeoutMs = Math.min(bounds.timeoutMs ?? atMostMs, atMostMs);
  const time = AbortSignal.timeout(timeoutMs);
  const abortSignal = anySignal([signal, time]);
  try {
    // The SDK looks at a signal only where it sends something, not between two tries.
    return await untilAborted(abortSignal, () => ask({ abortSignal }));
  } catch (error) {
    signal?.throwIfAborted();
    if (!time.aborted) throw awsError(error, asked, scrub);
    throw new ConnectError('TIMEOUT', `${asked}: no answer in ${timeoutMs / 1000} s`, { hint: UNREACHABLE_HINT });
  }
}

interface ServiceFailure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** The one place where an error of the AWS SDK becomes a typed one. `asked` says what was wanted: "MSK Connect could not …". */
export function awsError(error: unknown, asked: string, scrub: Scrub): ConnectError {
  if (error instanceof ConnectError) return error;
  const failure = error as ServiceFailure;
  const { name = '', message = String(error), $metadata } = failure;
  const [code, reason, hint] = judge(failure, scrub(message));
  return new ConnectError(code, `${asked}: ${reason}`, {
    details: { status: $metadata?.httpStatusCode, error: name },
    hint,
  });
}

const UNREACHABLE_HINT = 'check region and endpoints of the environment, and the proxy variables';
/** Of a 403 that is no missing permission. */
const BAD_LOGIN = /Expired|InvalidClientTokenId|UnrecognizedClient|InvalidToken|InvalidAccessKeyId/i;
const BAD_SIGNATURE = /Signature|RequestTimeTooSkewed|credential should be scoped|signature is of/i;

/** Throttling is told by the same status: "Rate exceeded", "Too many requests". */
const isQuota = (reason: string): boolean => /\blimit\b|quota/i.test(reason) && !/\brate\b|requests?\b/i.test(reason);

/** The kind of error, what is said of it, and what to do about it. */
function judge(
  { name = '', message = '', code, $metadata }: ServiceFailure,
  reason: string,
): readonly [code: ErrorCode, reason: string, hint?: string | undefined] {
  const status = $metadata?.httpStatusCode;
  if (/CredentialsProvider|ProviderError|SSOToken/i.test(name)) {
    const hint = 'log in (`aws sso login`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
    return ['ENVIRONMENT', `no AWS credentials (${reason})`, hint];
  }
  if (status === undefined) {
    const unreachable = `the service is not reachable (${code ?? reason})`;
    return [name === 'TimeoutError' ? 'TIMEOUT' : 'UNREACHABLE', unreachable, UNREACHABLE_HINT];
  }
  if (status === 404) return ['NOT_FOUND', reason];
  if (status === 429 && isQuota(reason)) {
    const hint =
      'a quota of the account is used up: `connect msk prune` deletes plugins and worker configurations that nothing uses; AWS raises others on request';
    return ['REFUSED', reason, hint];
  }
  if (status === 429 || status >= 500) {
    const hint = 'the service is busy or has a fault of its own; try again later';
    return ['NOT_READY', `HTTP ${status} after ${ATTEMPTS} tries: ${reason}`, hint];
  }
  if (status === 401) return ['REFUSED', reason, 'check the AWS credentials: profile, role or AWS_ACCESS_KEY_ID'];
  const why = status === 403 ? `${name} ${message}` : name;
  if (BAD_SIGNATURE.test(why)) {
    const hint =
      'the signature does not fit: check region and endpoints of the environment, AWS_SECRET_ACCESS_KEY and the clock';
    return ['REFUSED', reason, hint];
  }
  if (BAD_LOGIN.test(why)) {
    return [
      'REFUSED',
      reason,
      'the AWS credentials are expired or unknown: log in again (`aws sso login`), or renew them',
    ];
  }
  return ['REFUSED', reason, status === 403 ? 'the credentials lack a permission that the message names' : undefined];
}
