import { type ServiceError, status } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { ConnectError } from '../../../core/errors.ts';
import type { FeedConnection } from '../../../pipeline/connections.ts';
import { openChannel } from '../client.ts';
import { feedError } from '../errors.ts';
import { createDescriptorFiles, type FileDescriptor } from './descriptor.ts';

/** What is said here of the protocol of server reflection: https://github.com/grpc/grpc-proto, grpc/reflection/v1. */
const { root } = protobuf.parse(`syntax = "proto3";
message Request { oneof message { string file_by_filename = 3; string file_containing_symbol = 4; string list_services = 7; } }
message Response {
  oneof message { Files file_descriptor_response = 4; Services list_services_response = 6; Failure error_response = 7; }
}
message Files { repeated bytes file_descriptor_proto = 1; }
message Services { repeated Service service = 1; }
message Service { string name = 1; }
message Failure { int32 error_code = 1; string error_message = 2; }`);
const Request = root.lookupType('Request');
const Response = root.lookupType('Response');

type Question = Readonly<Record<string, string>>;
interface Answer {
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Uint8Array[] };
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
  readonly errorResponse?: { readonly errorCode: number; readonly errorMessage?: string };
}

const SERVICES = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'] as const;
const METHOD = 'ServerReflectionInfo';
const MOST_SERVICES = 200;
/** Of Google's own files the loader has its own. */
const OF_LOADER = /^google\/protobuf\//;

export interface ReflectionOptions extends FeedConnection {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * The files that a server describes itself by: v1 of the protocol, or v1alpha where it has no other. Errors: REFUSED without reflection,
 * for a description that is not usable and for what TLS and token are refused for; UNREACHABLE, TIMEOUT, INTERRUPTED.
 */
export async function reflectedFiles(options: ReflectionOptions): Promise<ReadonlyMap<string, FileDescriptor>> {
  for (const service of SERVICES) {
    try {
      return await readFiles(service, options);
    } catch (error) {
      if (!isUnimplemented(error)) throw error;
    }
  }
  throw new ConnectError('REFUSED', `feed at ${options.address} has no server reflection`, {
    hint: 'describe it by a file: `protoc --include_imports --descriptor_set_out=feed.binpb FILES` or `buf build -o feed.binpb`, then --descriptor-set feed.binpb',
    details: { address: options.address },
  });
}

const isUnimplemented = (error: unknown): boolean =>
  error instanceof ConnectError && error.details.grpcStatus === status[status.UNIMPLEMENTED];

async function readFiles(service: string, options: ReflectionOptions): Promise<ReadonlyMap<string, FileDescriptor>> {
  const { address } = options;
  const found = createDescriptorFiles(`feed at ${address}`);
  const conversation = openConversation(service, options);
  try {
    const { listServicesResponse } = await conversation.ask({ listServices: '*' });
    const names = (listServicesResponse?.service ?? []).map(({ name }) => name);
    if (names.length > MOST_SERVICES) {
      throw new ConnectError('REFUSED', `feed at ${address} has ${names.length} services, more than ${MOST_SERVICES}`, {
        hint: 'describe the one you want by --descriptor-set',
      });
    }
    const take = (answer: Answer): void => {
      for (const bytes of answer.fileDescriptorResponse?.fileDescriptorProto ?? []) found.addFile(bytes);
    };
    for (const name of names) {
      if (!name.startsWith('grpc.reflection.')) take(await conversation.ask({ fileContainingSymbol: name }));
    }
    const asked = new Set<string>();
    // What a file imports may bring further imports.
    for (const { dependency = [] } of found.files.values()) {
      for (const name of dependency) {
        if (found.files.has(name) || asked.has(name) || OF_LOADER.test(name)) continue;
        asked.add(name);
        // What is imported for its options alone may be missing, and is not missed.
        take(await conversation.askUnless({ fileByFilename: name }));
      }
    }
    return found.files;
  } finally {
    conversation.close();
  }
}

/** One stream of questions, each answered before the next is asked, all within one deadline. */
function openConversation(service: string, { timeoutMs, signal, ...connection }: ReflectionOptions) {
  const { address, client, metadata, side, close } = openChannel(connection);
  const encode = (question: Question): Buffer => Buffer.from(Request.encode(Request.fromObject(question)).finish());
  const decode = (bytes: Buffer): Answer => Response.toObject(Response.decode(bytes), { arrays: true }) as Answer;
  const stream = client.makeBidiStreamRequest(`/${service}/${METHOD}`, encode, decode, metadata, {
    deadline: Date.now() + timeoutMs,
  });
  let waiting: { resolve(answer: Answer): void; reject(error: unknown): void } | undefined;
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    waiting?.reject(failure);
    waiting = undefined;
  };
  const stop = (): void => fail(new ConnectError('INTERRUPTED', 'interrupted'));
  stream.on('data', (answer: Answer) => {
    waiting?.resolve(answer);
    waiting = undefined;
  });
  stream.on('error', (error: ServiceError) => fail(feedError(error, { ...side, service, method: METHOD })));
  stream.on('end', () =>
    fail(new ConnectError('UNREACHABLE', `feed ${service} at ${address} ended before it answered`)),
  );
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  /** Errors: those of the stream. An answer may say no. */
  const askUnless = (question: Question): Promise<Answer> =>
    new Promise<Answer>((resolve, reject) => {
      if (failure !== undefined) return reject(failure);
      waiting = { resolve, reject };
      stream.write(question);
    });
  return {
    askUnless,
    /** Errors: those of the stream; REFUSED for an answer that says no. */
    async ask(question: Question): Promise<Answer> {
      const answer = await askUnless(question);
      const { errorResponse } = answer;
      if (errorResponse === undefined) return answer;
      const what = Object.values(question)[0];
      throw new ConnectError(
        'REFUSED',
        `feed at ${address} does not describe ${what}: ${(errorResponse.errorMessage ?? '').slice(0, 200)}`,
        { hint: 'ask whoever runs it for the .proto files, and describe them by --descriptor-set' },
      );
    },
    close(): void {
      signal.removeEventListener('abort', stop);
      stream.cancel();
      close();
    },
  };
}
