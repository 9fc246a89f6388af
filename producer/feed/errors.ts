import { type ServiceError, status } from '@grpc/grpc-js';
import { ConnectError, type ErrorCode } from '../../core/errors.ts';

/** What was being asked of the feed when it failed. */
export interface FeedCall {
  readonly address: string;
  readonly service: string;
  readonly method: string;
  readonly fromSlot?: bigint | undefined;
}

const CHECK_ADDRESS = 'check feed.address in connect.yaml and that the feed runs; locally `connect simulate` is one';
const CHECK_TOKEN = 'check feed.token in connect.yaml and the rights it carries';
const CHECK_SERVICE = 'check feed.service and feed.proto of the stream against what this feed serves';

const KNOWN: Partial<Record<status, { code: ErrorCode; says: string; hint: string }>> = {
  [status.UNAVAILABLE]: { code: 'UNREACHABLE', says: 'is not reachable', hint: CHECK_ADDRESS },
  [status.DEADLINE_EXCEEDED]: { code: 'TIMEOUT', says: 'did not answer in time', hint: CHECK_ADDRESS },
  [status.UNAUTHENTICATED]: { code: 'REFUSED', says: 'refused our credentials', hint: CHECK_TOKEN },
  [status.PERMISSION_DENIED]: { code: 'REFUSED', says: 'does not permit this', hint: CHECK_TOKEN },
  [status.UNIMPLEMENTED]: { code: 'REFUSED', says: 'does not serve this', hint: CHECK_SERVICE },
  [status.NOT_FOUND]: { code: 'REFUSED', says: 'does not know this', hint: CHECK_SERVICE },
  [status.INVALID_ARGUMENT]: { code: 'REFUSED', says: 'refused the request', hint: CHECK_SERVICE },
  [status.FAILED_PRECONDITION]: { code: 'REFUSED', says: 'refused the request', hint: CHECK_SERVICE },
};

/** Whether the feed no longer has the slot it was asked to start from. */
export const isOutOfRange = (error: unknown): boolean =>
  error instanceof ConnectError && error.details.grpcStatus === 'OUT_OF_RANGE';

/** A gRPC failure in this project's words. A stream that breaks for any reason not listed is worth another try. */
export function feedError(error: unknown, call: FeedCall): ConnectError {
  if (error instanceof ConnectError) return error;
  const { code, details } = error as Partial<ServiceError>;
  const where = `feed ${call.service}/${call.method} at ${call.address}`;
  const context = (hint: string) => ({
    hint,
    // The cause is left out on purpose: its metadata may echo the token.
    details: {
      address: call.address,
      service: call.service,
      grpcStatus: code === undefined ? 'UNKNOWN' : status[code],
      ...(call.fromSlot === undefined ? {} : { fromSlot: call.fromSlot.toString() }),
    },
  });
  const reason = details ?? (error instanceof Error ? error.message : String(error));
  if (code === status.OUT_OF_RANGE) {
    const asked = call.fromSlot === undefined ? '' : ` from slot ${call.fromSlot}`;
    return new ConnectError(
      'UNSAFE',
      `${where} cannot replay${asked}: ${reason}`,
      context('slots would be missing; continue with --accept-gap to leave them out knowingly'),
    );
  }
  if (code === status.RESOURCE_EXHAUSTED && reason.includes('larger than max')) {
    return new ConnectError(
      'REFUSED',
      `${where} sent a message beyond the size limit: ${reason}`,
      context(CHECK_SERVICE),
    );
  }
  const known = code === undefined ? undefined : KNOWN[code];
  if (known !== undefined) {
    return new ConnectError(known.code, `${where} ${known.says}: ${reason}`, context(known.hint));
  }
  const name = code === undefined ? 'UNKNOWN' : status[code];
  return new ConnectError('UNREACHABLE', `${where} broke off (${name}: ${reason})`, context(CHECK_ADDRESS));
}
