import type { Type } from 'protobufjs';
import descriptor, {
  type IDescriptorProto,
  type IEnumDescriptorProto,
  type IFieldDescriptorProto,
  type IFileDescriptorProto,
} from 'protobufjs/ext/descriptor/index.js';
import { ConnectError, messageOf } from '../../../core/errors.ts';

/** Features of an edition, as a field or a file has them. */
export interface Features {
  readonly fieldPresence?: number;
  readonly messageEncoding?: number;
}

interface WithFeatures {
  readonly options?: { readonly features?: Features };
}

/** What protobufjs' types leave out. */
export type FieldDescriptor = IFieldDescriptorProto & WithFeatures & { readonly proto3Optional?: boolean };
export type MessageDescriptor = Omit<IDescriptorProto, 'field' | 'nestedType' | 'extension'> & {
  readonly field?: readonly FieldDescriptor[];
  readonly nestedType?: readonly MessageDescriptor[];
};
export type EnumDescriptor = IEnumDescriptorProto;
export type FileDescriptor = Omit<IFileDescriptorProto, 'messageType' | 'options'> &
  WithFeatures & { readonly messageType?: readonly MessageDescriptor[]; readonly dependency?: readonly string[] };

/** No service needs more. */
const MOST_FILES = 500;
const MOST_BYTES = 16 * 2 ** 20;
const MOST_TYPES = 20_000;

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;
const FULL_NAME = /^\.?[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;
const LONGEST_NAME = 1_000;
const FILE_NAME = /^[\x20-\x7e]{1,1000}$/;

/** Descriptors of files, kept once each, within bounds. Whoever sends them is not trusted. */
export function createDescriptorFiles(origin: string) {
  const files = new Map<string, FileDescriptor>();
  let bytesLeft = MOST_BYTES;
  let typesLeft = MOST_TYPES;
  const refuse = (problem: string) => refusedDescriptor(origin, problem);
  const countTypes = (messages: readonly MessageDescriptor[] = []): void => {
    for (const message of messages) {
      typesLeft -= 1 + (message.enumType?.length ?? 0) + (message.field?.length ?? 0) / 10;
      if (typesLeft < 0) throw refuse(`it declares more than ${MOST_TYPES} types`);
      countTypes(message.nestedType);
    }
  };
  const add = (file: FileDescriptor): void => {
    const { name = '' } = file;
    if (!FILE_NAME.test(name)) throw refuse(`a file has the name ${JSON.stringify(name.slice(0, 60))}`);
    if (files.has(name)) return;
    if (files.size >= MOST_FILES) throw refuse(`it has more than ${MOST_FILES} files`);
    countTypes(file.messageType);
    requireNames(file, refuse);
    files.set(name, file);
  };
  const decode = (type: Type, bytes: Uint8Array): unknown => {
    bytesLeft -= bytes.length;
    if (bytesLeft < 0) throw refuse(`it is larger than ${MOST_BYTES / 2 ** 20} MiB`);
    try {
      return type.toObject(type.decode(bytes), { longs: String });
    } catch (error) {
      throw refuse(`it does not decode: ${messageOf(error)}`);
    }
  };
  return {
    files,
    /** Adds one file. Errors: REFUSED for what is no descriptor, is too large, or has names that no .proto has. */
    addFile: (bytes: Uint8Array): void => add(decode(descriptor.FileDescriptorProto, bytes) as FileDescriptor),
    /** Adds each file of a set. Errors: the same. */
    addSet(bytes: Uint8Array): void {
      for (const file of (decode(descriptor.FileDescriptorSet, bytes) as { file?: FileDescriptor[] }).file ?? [])
        add(file);
    },
  };
}

/** The error for a descriptor that is not used. */
export const refusedDescriptor = (origin: string, problem: string): ConnectError =>
  new ConnectError('REFUSED', `the description of ${origin} is refused: ${problem}`, {
    hint: 'write one with `protoc --include_imports --descriptor_set_out=feed.binpb …` or `buf build -o feed.binpb`, and give it by --descriptor-set',
  });

/** Names go into files and onto the terminal: each is a name of the language. */
function requireNames(file: FileDescriptor, refuse: (problem: string) => ConnectError): void {
  const one = (name: string | undefined): void => {
    if (name === undefined || !IDENTIFIER.test(name)) {
      throw refuse(`${JSON.stringify((name ?? '').slice(0, 60))} is no name of a .proto`);
    }
  };
  const path = (name: string | undefined): void => {
    if (name !== undefined && name !== '' && (name.length > LONGEST_NAME || !FULL_NAME.test(name))) {
      throw refuse(`${JSON.stringify(name.slice(0, 60))} is no name of a type`);
    }
  };
  const enums = (list: readonly EnumDescriptor[] = []): void => {
    for (const { name, value = [] } of list) {
      one(name);
      for (const { name: word } of value) one(word);
    }
  };
  const message = (type: MessageDescriptor): void => {
    one(type.name);
    enums(type.enumType);
    for (const { name } of type.oneofDecl ?? []) one(name);
    for (const field of type.field ?? []) {
      one(field.name);
      path(field.typeName);
    }
    for (const name of type.reservedName ?? []) one(name);
    for (const nested of type.nestedType ?? []) message(nested);
  };
  path(file.package);
  enums(file.enumType);
  for (const type of file.messageType ?? []) message(type);
  for (const service of file.service ?? []) {
    one(service.name);
    for (const method of service.method ?? []) {
      one(method.name);
      path(method.inputType);
      path(method.outputType);
    }
  }
}
