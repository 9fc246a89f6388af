import protobuf from 'protobufjs';
import { messageOf } from '../../../core/errors.ts';
import type { FeedDefinition, Scalar } from '../../../pipeline/feed.ts';
import type { FeedEvent, SentMessage } from '../event.ts';
import { invalidProto, loadRoot } from '../proto.ts';
import { markUnset } from '../unset.ts';

/** A feed that streams by a method of its own, as bytes, and what the proto says of its updates. */
export type MethodService = ReturnType<typeof loadMethodService>;

/** The method that a definition names. Errors: INVALID_DEFINITION. */
export function loadMethodService(
  protoPath: string,
  includeDirs: readonly string[],
  feed: FeedDefinition & { method: string },
) {
  const root = loadRoot(protoPath, includeDirs);
  const service = root.lookup(feed.service, protobuf.Service);
  const method = service instanceof protobuf.Service ? service.methods[feed.method] : undefined;
  const { resolvedRequestType: request, resolvedResponseType: response } = method ?? {};
  if (!request || !response) throw invalidProto(protoPath, `has no ${feed.method} in service ${feed.service}`);
  markUnset(response);
  const place = placeOfUpdate(response, feed.update);
  if (place === undefined) throw invalidProto(protoPath, `has no message at ${feed.update} of ${response.fullName}`);
  const { update, isList } = place;
  const leave = feed.leave.map((path) => path.split('.'));
  const steps = feed.update?.split('.') ?? [];
  const nameOf = ({ fullName }: protobuf.Type) => fullName.replace(/^\./, '');
  const read = (message: SentMessage, bytes: Buffer): FeedEvent => {
    const sent = at(message, steps);
    if (Array.isArray(sent))
      return sent.length > 0 ? { kind: 'updates', updates: sent as SentMessage[] } : { kind: 'ping' };
    if (sent !== undefined && sent !== null) return { kind: 'update', bytes, update: sent as SentMessage };
    const isLeft = leave.some((path) => (at(message, path) ?? null) !== null);
    const wanted = [feed.update, ...feed.leave].join(', ');
    return isLeft ? { kind: 'ping' } : { kind: 'undecodable', bytes, reason: `the message holds none of ${wanted}` };
  };
  const readEvent = (bytes: Buffer): FeedEvent => {
    try {
      return read(response.decode(bytes) as unknown as SentMessage, bytes);
    } catch (error) {
      return { kind: 'undecodable', bytes, reason: messageOf(error) };
    }
  };
  const updateName = isList ? nameOf(update) : nameOf(response);
  return {
    kind: 'method' as const,
    name: feed.service,
    method: feed.method,
    path: `/${feed.service}/${feed.method}`,
    /** How long to wait after an answer without anything new; undefined for a method that streams. */
    pollSeconds: feed.pollSeconds,
    /** Full name of the message that the feed streams. */
    messageName: nameOf(response),
    /** Full name of the message by which one update is kept: that of a list stands alone. */
    updateName,
    update,
    mapping: feed,
    /** The request, with what takes the position back. */
    encodeRequest: (resume: { readonly path: string; readonly value: string } | undefined): Buffer => {
      const message = {};
      for (const [path, value] of Object.entries(feed.request)) put(message, path.split('.'), value);
      if (resume !== undefined) put(message, resume.path.split('.'), resume.value);
      return Buffer.from(request.encode(request.fromObject(message)).finish());
    },
    /** Never throws: bytes that do not decode are an event, too. */
    readEvent,
    /** One update of a list as bytes. */
    encodeUpdate: (message: SentMessage): Buffer => Buffer.from(update.encode(message).finish()),
    /** The bytes of a rejected update, a message of that name. */
    readRejected: (bytes: Buffer, name: string | undefined): FeedEvent => {
      if (!isList || name !== updateName) return readEvent(bytes);
      try {
        return { kind: 'update', bytes, update: update.decode(bytes) as unknown as SentMessage };
      } catch (error) {
        return { kind: 'undecodable', bytes, reason: messageOf(error) };
      }
    },
  };
}

/** The message at the end of the path, and whether there are many of it; undefined when there is none. */
function placeOfUpdate(response: protobuf.Type, path: string | undefined) {
  let type = response;
  let isList = false;
  for (const step of path?.split('.') ?? []) {
    const field = type.fields[step];
    if (isList || !(field?.resolvedType instanceof protobuf.Type)) return undefined;
    type = field.resolvedType;
    isList = field.repeated;
  }
  return { update: type, isList };
}

/** A member of a oneof that is not set reads as undefined, whatever its type's default is. */
const at = (message: unknown, steps: readonly string[]): unknown =>
  steps.reduce<unknown>((value, step) => (value as SentMessage | null | undefined)?.[step], message);

function put(message: Record<string, unknown>, [step = '', ...rest]: readonly string[], value: Scalar): void {
  if (rest.length === 0) message[step] = value;
  else {
    message[step] ??= {};
    put(message[step] as Record<string, unknown>, rest, value);
  }
}
