import { ConnectError, type ErrorCode } from '../../../core/errors.ts';
import type { Scrub } from '../../../core/scrub.ts';

/** What every client of an AWS service is made with. Credentials come from the SDK's default chain. */
export interface AwsOptions {
  readonly region: string;
  /** Another address than the service's own. */
  readonly endpoint?: string | undefined;
}

/** Tries of one call; the SDK waits longer after each, and longer still when it is throttled. */
const ATTEMPTS = 6;

/** Client options of the SDK. Proxies are those of the process environment, but never for a loopback address. */
export async function clientOptions({ region, endpoint }: AwsOptions): Promise<object> {
  const { proxyAgents } = await import('../../../core/http.ts');
  return {
    region,
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, ...proxyAgents(endpoint) },
    ...(endpoint === undefined ? {} : { endpoint }),
  };
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

/** The kind of error, what is said of it, and what to do about it. */
function judge(
  { name = '', code, $metadata }: ServiceFailure,
  reason: string,
): readonly [code: ErrorCode, reason: string, hint?: string] {
  const status = $metadata?.httpStatusCode;
  if (/Credentials|ProviderError|SSOToken/i.test(name)) {
    const hint = 'log in (`aws sso login`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
    return ['ENVIRONMENT', `no AWS credentials (${reason})`, hint];
  }
  if (status === undefined) {
    const hint = 'check region and endpoints of the environment, and the proxy variables';
    const unreachable = `the service is not reachable (${code ?? reason})`;
    return [name === 'TimeoutError' ? 'TIMEOUT' : 'UNREACHABLE', unreachable, hint];
  }
  if (status === 404) return ['NOT_FOUND', reason];
  if (status === 429 || status >= 500) {
    const hint = 'the service is busy or has a fault of its own; try again later';
    return ['NOT_READY', `HTTP ${status} after ${ATTEMPTS} tries: ${reason}`, hint];
  }
  if (status === 401) return ['REFUSED', reason, 'check the AWS credentials: profile, role or AWS_ACCESS_KEY_ID'];
  if (status === 403) return ['REFUSED', reason, 'the credentials lack a permission that the message names'];
  return ['REFUSED', reason];
}
