import { ConnectError } from '../../../core/errors.ts';
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

const REASONS: Readonly<Record<number, string>> = {
  401: 'check the AWS credentials: profile, role or AWS_ACCESS_KEY_ID',
  403: 'the credentials lack a permission that the message names',
};

/** The one place where an error of the AWS SDK becomes a typed one. `asked` says what was wanted: "MSK Connect could not …". */
export function awsError(error: unknown, asked: string, scrub: Scrub): ConnectError {
  if (error instanceof ConnectError) return error;
  const { name = '', message = String(error), code, $metadata } = error as ServiceFailure;
  const status = $metadata?.httpStatusCode;
  const reason = scrub(message);
  const details = { ...(status === undefined ? {} : { status }), error: name };
  if (/Credentials|ProviderError|SSOToken/i.test(name)) {
    return new ConnectError('ENVIRONMENT', `${asked}: no AWS credentials (${reason})`, {
      details,
      hint: 'log in (`aws sso login`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    });
  }
  if (status === undefined) {
    const what = name === 'TimeoutError' ? 'TIMEOUT' : 'UNREACHABLE';
    return new ConnectError(what, `${asked}: the service is not reachable (${code ?? reason})`, {
      details,
      hint: 'check region and endpoints of the environment, and the proxy variables',
    });
  }
  if (status === 404) return new ConnectError('NOT_FOUND', `${asked}: ${reason}`, { details });
  if (status === 429 || status >= 500) {
    return new ConnectError('NOT_READY', `${asked}: HTTP ${status} after ${ATTEMPTS} tries: ${reason}`, {
      details,
      hint: 'the service is busy or has a fault of its own; try again later',
    });
  }
  const hint = REASONS[status];
  return new ConnectError('REFUSED', `${asked}: ${reason}`, { details, ...(hint === undefined ? {} : { hint }) });
}
