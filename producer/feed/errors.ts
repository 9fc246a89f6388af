import { type ServiceError, status } from '@grpc/grpc-js';
import { ConnectError, type ErrorCode, messageOf } from '../../core/errors.ts';
import { type TlsFailure, tlsFailure } from '../../core/tls.ts';
import type { FeedConnection } from '../../pipeline/connections.ts';

/** What was being asked of the feed when it failed. */
export interface FeedCall {
  readonly address: string;
  readonly service: string;
  readonly method: string;
  readonly fromSlot?: bigint | undefined;
  /** What a method of its own was asked to go on behind. */
  readonly resume?: string | undefined;
  readonly tls: FeedConnection['tls'];
  readonly hasToken: boolean;
}

/** Where connect.yaml names the files of TLS. */
export const FEED_TLS = 'feed.tls';

const CHECK_ADDRESS = 'check feed.address in connect.yaml and that the feed runs; locally `connect simulate` is one';
const CHECK_TOKEN = 'check feed.token in connect.yaml and the rights it carries';
const CHECK_SERVICE = 'check feed.service and feed.proto of the stream against what this feed serves';

/** What to say of a failure: `says` follows the name of the call. */
interface Verdict {
  readonly code: ErrorCode;
  readonly says: string;
  readonly hint: string;
  /** The client's own words add nothing. */
  readonly saysAll?: boolean;
}

const VERDICTS: Partial<Record<status, Verdict>> = {
  [status.DEADLINE_EXCEEDED]: { code: 'TIMEOUT', says: 'did not answer in time', hint: CHECK_ADDRESS },
  [status.PERMISSION_DENIED]: { code: 'REFUSED', says: 'does not permit this', hint: CHECK_TOKEN },
  [status.UNIMPLEMENTED]: { code: 'REFUSED', says: 'does not serve this', hint: CHECK_SERVICE },
  [status.NOT_FOUND]: { code: 'REFUSED', says: 'does not know this', hint: CHECK_SERVICE },
  [status.INVALID_ARGUMENT]: { code: 'REFUSED', says: 'refused the request', hint: CHECK_SERVICE },
  [status.FAILED_PRECONDITION]: { code: 'REFUSED', says: 'refused the request', hint: CHECK_SERVICE },
};
const TOO_LARGE: Verdict = { code: 'REFUSED', says: 'sent a message beyond the size limit', hint: CHECK_SERVICE };

/** Whether the feed no longer has the slot it was asked to start from. */
export const isOutOfRange = (error: unknown): boolean =>
  error instanceof ConnectError && error.details.grpcStatus === 'OUT_OF_RANGE';

/** A gRPC failure in this project's words. A stream that breaks for any reason not listed is worth another try. */
export function feedError(error: unknown, call: FeedCall): ConnectError {
  if (error instanceof ConnectError) return error;
  const { code = status.UNKNOWN, details } = error as Partial<ServiceError>;
  const reason = details ?? messageOf(error);
  const verdict = verdictOf(code, reason, call);
  return new ConnectError(
    verdict.code,
    `feed ${call.service}/${call.method} at ${call.address} ${verdict.says}${verdict.saysAll ? '' : `: ${reason}`}`,
    {
      hint: verdict.hint,
      // The cause is left out on purpose: its metadata may echo the token.
      details: {
        address: call.address,
        service: call.service,
        grpcStatus: status[code],
        fromSlot: call.fromSlot?.toString(),
      },
    },
  );
}

/** What a failure of TLS means; undefined for any other. */
export const feedTlsFailure = (error: unknown, tls: FeedConnection['tls']): TlsFailure | undefined =>
  tlsFailure(error, { setting: FEED_TLS, hasCertificate: typeof tls === 'object' && tls.certificate !== undefined });

/** What the client says of a connection that there never was. With any other text the service itself is unavailable. */
const NEVER_CONNECTED =
  /^No connection established\. Last error: (?:Error: )?([\s\S]{1,2000}?)(?:\s+\(\d{4}-[^)]*\))?\. Resolution note/;

function unavailable(reason: string, tls: FeedConnection['tls']): Verdict {
  const [, why] = NEVER_CONNECTED.exec(reason) ?? [];
  const failure = why === undefined ? undefined : feedTlsFailure(new Error(why), tls);
  if (failure === undefined) {
    // Some servers only hang up on a certificate that they do not accept, or on a client that does not speak TLS.
    const hasCertificate = typeof tls === 'object' && tls.certificate !== undefined;
    const more = hasCertificate ? '; it may also refuse feed.tls.certificate' : '';
    const hint = `${CHECK_ADDRESS}${tls === false ? '; where it speaks TLS, set feed.tls: true' : more}`;
    return { code: 'UNREACHABLE', says: 'is not reachable', hint };
  }
  return { code: 'REFUSED', says: `has no TLS connection: ${failure.says}`, hint: failure.hint, saysAll: true };
}

function unauthenticated(reason: string, hasToken: boolean): Verdict {
  const refused = (says: string, hint: string): Verdict => ({ code: 'REFUSED', says, hint });
  if (!hasToken)
    return refused(
      'asks for a token',
      'name a reference to one by feed.token in connect.yaml, or by feed.metadata where the service wants another header',
    );
  return /expired/i.test(reason)
    ? refused('says that the token has expired', 'get a new token for feed.token of connect.yaml')
    : refused('does not accept the token', CHECK_TOKEN);
}

function verdictOf(code: status, reason: string, { fromSlot, resume, tls, hasToken }: FeedCall): Verdict {
  if (code === status.UNAUTHENTICATED) return unauthenticated(reason, hasToken);
  if (code === status.OUT_OF_RANGE) {
    return {
      code: 'UNSAFE',
      says: `cannot replay${fromSlot === undefined ? (resume === undefined ? '' : ` from ${resume}`) : ` from slot ${fromSlot}`}`,
      hint: 'slots would be missing; continue with --accept-gap to leave them out knowingly',
    };
  }
  if (code === status.RESOURCE_EXHAUSTED && /larger than/.test(reason)) return TOO_LARGE;
  if (code === status.UNAVAILABLE) return unavailable(reason, tls);
  return VERDICTS[code] ?? { code: 'UNREACHABLE', says: `broke off (${status[code]})`, hint: CHECK_ADDRESS };
}
