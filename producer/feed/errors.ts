import { type ServiceError, status } from '@grpc/grpc-js';
import { ConnectError, type ErrorCode, messageOf } from '../../core/errors.ts';

/** What was being asked of the feed when it failed. */
interface FeedCall {
  readonly address: string;
  readonly service: string;
  readonly method: string;
  readonly fromSlot?: bigint | undefined;
}

const CHECK_ADDRESS = 'check feed.address in connect.yaml and that the feed runs; locally `connect simulate` is one';
const CHECK_TOKEN = 'check feed.token in connect.yaml and the rights it carries';
const CHECK_SERVICE = 'check feed.service and feed.proto of the stream against what this feed serves';

/** What to say of a failure: `says` follows the name of the call. */
interface Verdict {
  readonly code: ErrorCode;
  readonly says: string;
  readonly hint: string;
}

const VERDICTS: Partial<Record<status, Verdict>> = {
  [status.UNAVAILABLE]: { code: 'UNREACHABLE', says: 'is not reachable', hint: CHECK_ADDRESS },
  [status.DEADLINE_EXCEEDED]: { code: 'TIMEOUT', says: 'did not answer in time', hint: CHECK_ADDRESS },
  [status.UNAUTHENTICATED]: { code: 'REFUSED', says: 'refused our credentials', hint: CHECK_TOKEN },
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
  const verdict = verdictOf(code, reason, call.fromSlot);
  return new ConnectError(
    verdict.code,
    `feed ${call.service}/${call.method} at ${call.address} ${verdict.says}: ${reason}`,
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

function verdictOf(code: status, reason: string, fromSlot: bigint | undefined): Verdict {
  if (code === status.OUT_OF_RANGE) {
    return {
      code: 'UNSAFE',
      says: `cannot replay${fromSlot === undefined ? '' : ` from slot ${fromSlot}`}`,
      hint: 'slots would be missing; continue with --accept-gap to leave them out knowingly',
    };
  }
  if (code === status.RESOURCE_EXHAUSTED && reason.includes('larger than max')) return TOO_LARGE;
  return VERDICTS[code] ?? { code: 'UNREACHABLE', says: `broke off (${status[code]})`, hint: CHECK_ADDRESS };
}
