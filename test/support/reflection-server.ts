import { readFileSync } from 'node:fs';
import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';

/** A descriptor set that buf has written of the protos beside it: `buf build test/support/described -o described.binpb --exclude-source-info`. */
export const DESCRIBED = new URL('./described/', import.meta.url).pathname;
export const DESCRIPTOR_SET = `${DESCRIBED}described.binpb`;

/** The protocol as grpc publishes it, written here once more so that the client is not tested against itself. */
const { root } = protobuf.parse(
  `syntax = "proto3"; package t;
message Ask { string host = 1; oneof q { string file_by_filename = 3; string file_containing_symbol = 4; ExtAsk ext = 5; string all = 6; string list_services = 7; } }
message ExtAsk { string containing_type = 1; int32 extension_number = 2; }
message Reply { string valid_host = 1; Ask original_request = 2;
  oneof r { Files files = 4; List list = 6; Error error = 7; } }
message Files { repeated bytes file = 1; } message List { repeated One service = 1; } message One { string name = 1; }
message Error { int32 code = 1; string message = 2; }`,
  { keepCase: true },
);
const Ask = root.lookupType('t.Ask');
const Reply = root.lookupType('t.Reply');

interface Asked {
  readonly file_by_filename?: string;
  readonly file_containing_symbol?: string;
  readonly list_services?: string;
}
/** What a server may say instead of the truth. */
type Forge = (asked: Asked, reply: object) => object | undefined;

export interface ReflectionServerOptions {
  readonly versions?: readonly ('v1' | 'v1alpha')[];
  readonly forge?: Forge;
  readonly credentials?: ServerCredentials;
  /** Headers that each call must have. */
  readonly requires?: Readonly<Record<string, string>>;
}

/** The files of a descriptor set, each as bytes. */
export function describedBytes(): Map<string, Buffer> {
  const set = descriptor.FileDescriptorSet.decode(readFileSync(DESCRIPTOR_SET)) as unknown as {
    file: { name: string }[];
  };
  return new Map(
    set.file.map((file) => [file.name, Buffer.from(descriptor.FileDescriptorProto.encode(file).finish())]),
  );
}

/** A grpc-js server that describes itself by reflection: the symbol's file alone, so that imports are asked for one by one. */
export async function serveReflection({
  versions = ['v1', 'v1alpha'],
  forge = (_asked, reply) => reply,
  credentials = ServerCredentials.createInsecure(),
  requires = {},
}: ReflectionServerOptions = {}) {
  const files = describedBytes();
  const symbols = new Map<string, string>();
  for (const [name, bytes] of files) {
    const file = descriptor.FileDescriptorProto.decode(bytes) as unknown as {
      package: string;
      service: { name: string }[];
    };
    for (const service of file.service) symbols.set(`${file.package}.${service.name}`, name);
  }
  const fileReply = (name: string | undefined) => {
    const bytes = files.get(name ?? '');
    return bytes === undefined
      ? { error: { code: status.NOT_FOUND, message: 'not found' } }
      : { files: { file: [bytes] } };
  };
  const replyTo = (asked: Asked): object => {
    if (asked.list_services !== undefined) return { list: { service: [...symbols.keys()].map((name) => ({ name })) } };
    return fileReply(asked.file_by_filename ?? symbols.get(asked.file_containing_symbol ?? ''));
  };
  const answer = (stream: ServerDuplexStream<Buffer, Buffer>): void => {
    stream.on('error', () => {});
    const isMissing = Object.entries(requires).some(([name, value]) => stream.metadata.get(name)[0] !== value);
    if (isMissing) return void stream.emit('error', { code: status.UNAUTHENTICATED, details: 'no token' });
    stream.on('data', (bytes: Buffer) => {
      const asked = Ask.toObject(Ask.decode(bytes)) as Asked;
      const reply = forge(asked, replyTo(asked));
      if (reply !== undefined) stream.write(Buffer.from(Reply.encode(Reply.fromObject(reply)).finish()));
    });
    stream.on('end', () => stream.end());
  };
  const server = new Server();
  const as = (bytes: Buffer) => bytes;
  for (const version of versions) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const types = { requestSerialize: as, requestDeserialize: as, responseSerialize: as, responseDeserialize: as };
    server.addService({ Info: { path, requestStream: true, responseStream: true, ...types } }, { Info: answer });
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}
