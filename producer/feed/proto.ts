import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import protobuf from 'protobufjs';
import { ConnectError, messageOf } from '../../core/errors.ts';

/**
 * What the proto of a feed says: the messages of its two calls, and the update that a stream message may hold.
 * `serviceName` is the service's full name. Errors: INVALID_DEFINITION.
 */
export function loadFeedProto(protoPath: string, includeDirs: readonly string[], serviceName: string) {
  const service = loadRoot(protoPath, includeDirs).lookup(serviceName, protobuf.Service);
  if (!(service instanceof protobuf.Service)) throw invalidProto(protoPath, `has no service ${serviceName}`);
  const call = (name: string) => {
    const { resolvedRequestType: request, resolvedResponseType: response } = service.methods[name] ?? {};
    if (!request || !response) throw invalidProto(protoPath, `has no ${name} in service ${service.name}`);
    return { request, response };
  };
  const subscribe = call('Subscribe');
  const update = subscribe.response.fields.update?.resolvedType;
  if (update instanceof protobuf.Type) return { subscribe, replayInfo: call('GetReplayInfo'), update };
  throw invalidProto(protoPath, `streams ${subscribe.response.fullName}, which has no message \`update\``);
}

/** A .proto with what it imports, every name resolved. Errors: INVALID_DEFINITION. */
export function loadRoot(protoPath: string, includeDirs: readonly string[]): protobuf.Root {
  const root = new protobuf.Root();
  const resolveByDefault = root.resolvePath.bind(root);
  root.resolvePath = (origin, target) => {
    if (isAbsolute(target)) return target;
    const folder = includeDirs.find((dir) => existsSync(join(dir, target)));
    return folder === undefined ? resolveByDefault(origin, target) : join(folder, target);
  };
  try {
    return root.loadSync(protoPath, { keepCase: true }).resolveAll() as protobuf.Root;
  } catch (error) {
    throw invalidProto(protoPath, `cannot be read: ${messageOf(error)}`, error);
  }
}

/** The error for a proto that does not describe the feed it should. */
export const invalidProto = (protoPath: string, problem: string, cause?: unknown): ConnectError =>
  new ConnectError('INVALID_DEFINITION', `${protoPath} ${problem}`, {
    cause,
    hint: 'check `feed` and `schema` of the stream definition; a feed is a service with Subscribe and GetReplayInfo',
  });
