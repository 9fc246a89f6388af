import { ConnectError } from './errors.ts';

/** How we log in to an HTTP service, secrets resolved; with a client certificate there is nothing to send. */
export type HttpLogin =
  | { readonly type: 'none' | 'mtls' }
  | { readonly type: 'basic'; readonly username: string; readonly password?: string | undefined }
  | { readonly type: 'bearer'; readonly token: string };

/** The header that a login is. */
export function loginHeaders(login: HttpLogin | undefined): Record<string, string> {
  if (login?.type === 'bearer') return { Authorization: `Bearer ${login.token}` };
  if (login?.type !== 'basic') return {};
  const { username, password = '' } = login;
  return { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

/** What no output may repeat. */
export function secretsOf(login: HttpLogin | undefined): string[] {
  const secret = login?.type === 'basic' ? login.password : login?.type === 'bearer' ? login.token : undefined;
  return secret === undefined ? [] : [secret];
}

interface Answer {
  readonly status: number;
  /** The header `WWW-Authenticate`. */
  readonly challenge: string;
  readonly body: unknown;
}

interface Asked {
  /** "schema registry at registry.internal:8081". */
  readonly where: string;
  readonly auth?: HttpLogin | undefined;
  /** The block of connect.yaml that the login stands in. */
  readonly settings?: string;
}

/** The error of an answer that does not let us in: 401, 403; undefined for any other. */
export function accessRefusal(answer: Answer, { where, auth, settings }: Asked): ConnectError | undefined {
  const { status } = answer;
  if (status !== 401 && status !== 403) return undefined;
  const block = settings === undefined ? 'the login' : `${settings}.auth`;
  const { error_code: errorCode, message } = (answer.body ?? {}) as { error_code?: unknown; message?: unknown };
  const [says, hint] = status === 403 ? forbidden(auth) : unauthorized(answer.challenge, auth, block);
  const reason = typeof message === 'string' ? `: ${message}` : ` (HTTP ${status})`;
  return new ConnectError('REFUSED', `${where} ${says}${reason}`, { hint, details: { status, errorCode } });
}

type Verdict = readonly [says: string, hint: string];

const forbidden = (auth: HttpLogin | undefined): Verdict => [
  'accepts the login and forbids this',
  auth?.type === 'basic'
    ? `give user ${auth.username} the right to do it there`
    : 'give whoever this login is the right to do it there',
];

function unauthorized(challenge: string, auth: HttpLogin | undefined, block: string): Verdict {
  if (auth?.type === 'bearer') {
    // RFC 6750: the token is expired, revoked or malformed.
    return /error="?invalid_token/.test(challenge)
      ? [`says that the token is not valid any more${described(challenge)}`, `get a new token for ${block}.token`]
      : ['does not accept the token', `check ${block}.token, and that this service takes tokens`];
  }
  if (auth?.type === 'basic') {
    return [`does not accept user ${auth.username} and the password`, `check ${block}.username and ${block}.password`];
  }
  return ['asks for a login', `say by ${block} how to log in: type basic or bearer`];
}

const described = (challenge: string): string => {
  const [, text] = /error_description="([^"]{1,200})"/.exec(challenge) ?? [];
  return text === undefined ? '' : ` ("${text}")`;
};
