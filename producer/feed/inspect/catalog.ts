import { ConnectError } from '../../../core/errors.ts';
import { didYouMean } from '../../../pipeline/did-you-mean.ts';
import type { EnumDescriptor, FileDescriptor, MessageDescriptor } from './descriptor.ts';

/** How a method takes and answers. */
export type MethodKind = 'unary' | 'server streaming' | 'client streaming' | 'both streaming';

/** One method of a described service. */
export interface DescribedMethod {
  /** Full name, e.g. `acme.md.Tape`. */
  readonly service: string;
  readonly method: string;
  readonly kind: MethodKind;
  /** Full name of the message that it takes. */
  readonly request: string;
  /** Full name of each message that it answers. */
  readonly answer: string;
  /** Name of the file that has the service. */
  readonly file: string;
}

/** A declared type and where it stands. */
export type DescribedType = { readonly file: string } & (
  | { readonly message: MessageDescriptor; readonly enum?: undefined; readonly syntax: FileDescriptor }
  | { readonly enum: EnumDescriptor; readonly message?: undefined }
);

/** All services, their methods and all types of the described files. */
export interface FeedCatalog {
  readonly files: ReadonlyMap<string, FileDescriptor>;
  readonly methods: readonly DescribedMethod[];
  /** By full name. */
  readonly types: ReadonlyMap<string, DescribedType>;
}

export function createCatalog(files: ReadonlyMap<string, FileDescriptor>): FeedCatalog {
  const types = new Map<string, DescribedType>();
  const methods: DescribedMethod[] = [];
  for (const [name, file] of files) {
    const addEnums = (enums: readonly EnumDescriptor[] = [], scope: string): void => {
      for (const one of enums) types.set(`${scope}${one.name}`, { file: name, enum: one });
    };
    const addMessages = (messages: readonly MessageDescriptor[] = [], scope: string): void => {
      for (const message of messages) {
        types.set(`${scope}${message.name}`, { file: name, message, syntax: file });
        addEnums(message.enumType, `${scope}${message.name}.`);
        addMessages(message.nestedType, `${scope}${message.name}.`);
      }
    };
    const scope = scopeOf(file);
    addEnums(file.enumType, scope);
    addMessages(file.messageType, scope);
    for (const service of file.service ?? []) {
      for (const method of service.method ?? []) {
        methods.push({
          service: `${scope}${service.name}`,
          method: method.name ?? '',
          kind: kindOf(method.clientStreaming === true, method.serverStreaming === true),
          request: bare(method.inputType),
          answer: bare(method.outputType),
          file: name,
        });
      }
    }
  }
  return { files, types, methods: methods.filter(({ service }) => !service.startsWith('grpc.reflection.')) };
}

/** What stands in front of the names of a file: its package and a dot, or nothing. */
export const scopeOf = ({ package: name = '' }: FileDescriptor): string => (name === '' ? '' : `${name}.`);

/** A type's name without the dot that makes it absolute. */
export const bare = (name = ''): string => name.replace(/^\./, '');

function kindOf(takesStream: boolean, answersStream: boolean): MethodKind {
  if (takesStream) return answersStream ? 'both streaming' : 'client streaming';
  return answersStream ? 'server streaming' : 'unary';
}

/**
 * The method by its name: `acme.md.Tape/StreamPrints`, `Tape/StreamPrints` or `StreamPrints`, where that means one alone. Errors: USAGE for
 * none or several; REFUSED for one that takes a stream.
 */
export function findMethod({ methods }: FeedCatalog, name: string): DescribedMethod {
  const names = (one: DescribedMethod): string[] => {
    const full = `${one.service}/${one.method}`;
    return [full, full.split('.').at(-1) ?? full, one.method];
  };
  const found =
    methods.filter((one) => names(one)[0] === name).length === 1
      ? methods.filter((one) => names(one)[0] === name)
      : methods.filter((one) => names(one).includes(name));
  const [method] = found;
  if (method === undefined) {
    const all = methods.flatMap(names);
    throw new ConnectError('USAGE', `there is no method ${name}${didYouMean(name, all)}`, {
      hint: `methods there: ${
        methods
          .map((one) => names(one)[0])
          .slice(0, 20)
          .join(', ') || 'none'
      }`,
    });
  }
  if (found.length > 1) {
    throw new ConnectError('USAGE', `${name} means ${found.length} methods`, {
      hint: `say one of ${found.map((one) => names(one)[0]).join(', ')}`,
    });
  }
  if (method.kind !== 'server streaming' && method.kind !== 'unary') {
    throw new ConnectError(
      'REFUSED',
      `${method.service}/${method.method} is ${method.kind}, and a feed answers one request`,
      {
        hint: `methods that do: ${
          methods
            .filter(({ kind }) => kind === 'server streaming' || kind === 'unary')
            .map((one) => names(one)[0])
            .join(', ') || 'none'
        }`,
      },
    );
  }
  return method;
}
