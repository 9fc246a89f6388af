import protobuf from 'protobufjs';
import { ConnectError } from '../../core/errors.ts';
import type { Place } from '../../pipeline/finding.ts';
import type {
  Cardinality,
  ProtoEnum,
  ProtoField,
  ProtoFile,
  ProtoMessage,
  ProtoMethod,
  ProtoService,
  ProtoSet,
} from './proto-model.ts';
import { locateDeclarations, type ProtoPositions } from './proto-positions.ts';

export interface ProtoSource {
  /** Relative to the project. */
  readonly path: string;
  readonly text: string;
}

/**
 * Parses .proto files that belong together. Imports are looked up among them by type name; a type that none of them
 * declares (`google.protobuf.Timestamp`) stays as it is written. Errors: INVALID_DEFINITION with the line.
 */
export function parseProtoSet(sources: readonly ProtoSource[], label: string): ProtoSet {
  const parts = sources.map((source) => readFile(source, label));
  const declared = new Set(parts.flatMap(({ messages, enums }) => [...messages, ...enums].map(({ name }) => name)));
  return {
    label,
    files: new Map(parts.map(({ file }) => [file.path, file])),
    messages: byName(parts.flatMap(({ messages }) => messages.map((message) => withTypes(message, declared)))),
    enums: byName(parts.flatMap(({ enums }) => enums)),
    services: byName(parts.flatMap(({ services }) => services.map((service) => withMethodTypes(service, declared)))),
  };
}

interface FileParts {
  readonly file: ProtoFile;
  readonly messages: ProtoMessage[];
  readonly enums: ProtoEnum[];
  readonly services: ProtoService[];
}

function readFile({ path, text }: ProtoSource, label: string): FileParts {
  const positions = locateDeclarations(path, text);
  const { root, package: name } = parse(path, text, label, positions);
  const parts: FileParts = {
    file: {
      path,
      package: name ?? '',
      syntax: /^\s*(?:syntax|edition)\s*=\s*["']([^"']+)["']/m.exec(text)?.[1] ?? 'proto2',
      packagePlace: positions.of('package'),
      syntaxPlace: positions.of('syntax'),
    },
    messages: [],
    enums: [],
    services: [],
  };
  collect(root, parts, positions);
  return parts;
}

/**
 * protobufjs does the grammar. What is reserved is kept from it: it refuses some uses of reserved numbers, without a
 * line, and misses others; here each is a finding.
 */
function parse(path: string, text: string, label: string, positions: ProtoPositions): protobuf.IParserResult {
  try {
    return protobuf.parse(positions.textWithoutReserved, { keepCase: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const located = /^(.*?) \((?:.*, )?line (\d+)\)$/s.exec(reason);
    if (located !== null)
      throw invalidProto({ file: path, line: Number(located[2]), column: 1 }, label, located[1] ?? reason);
    const end = { file: path, line: text.split('\n').length, column: 1 };
    const twice = /^duplicate (?:id (\d+)|name '(\w+)') in/.exec(reason);
    const repeat = twice === null ? undefined : positions.repeatOf(twice[1] ?? twice[2] ?? '');
    if (repeat !== undefined) throw invalidProto(repeat, label, reason);
    // At the end of the file protobufjs stumbles over a token that is not there.
    const cut = error instanceof TypeError;
    throw invalidProto(end, label, cut ? 'the file ends in the middle of a declaration' : reason);
  }
}

function invalidProto(place: Place, label: string, message: string): ConnectError {
  return new ConnectError('INVALID_DEFINITION', `${place.file} (${label}) is not a valid .proto file`, {
    details: { problems: [{ ...place, message }] },
  });
}

function collect(scope: protobuf.NamespaceBase, parts: FileParts, positions: ProtoPositions): void {
  for (const item of scope.nestedArray) {
    if (item instanceof protobuf.Type) {
      parts.messages.push(toMessage(item, parts.file, positions));
      collect(item, parts, positions);
    } else if (item instanceof protobuf.Enum) {
      parts.enums.push(toEnum(item, parts.file, positions));
    } else if (item instanceof protobuf.Service) {
      parts.services.push(toService(item, parts.file, positions));
    } else if (item instanceof protobuf.Namespace) {
      collect(item, parts, positions);
    }
  }
}

const fullName = (item: protobuf.ReflectionObject): string => item.fullName.replace(/^\./, '');

/** The name inside its file, as positions know it. */
const localName = (item: protobuf.ReflectionObject, file: ProtoFile): string =>
  file.package === '' ? fullName(item) : fullName(item).slice(file.package.length + 1);

function toMessage(type: protobuf.Type, file: ProtoFile, positions: ProtoPositions): ProtoMessage {
  const local = localName(type, file);
  return {
    name: fullName(type),
    place: positions.of(local),
    fields: type.fieldsArray.map((field) => toField(field, positions.of(`${local}.${field.name}`))),
    reserved: positions.reservedBy(local),
    messageSet: type.options?.message_set_wire_format === true,
  };
}

function toField(field: protobuf.Field, place: Place): ProtoField {
  const options = (field.options ?? {}) as Readonly<Record<string, unknown>>;
  const oneof = field.partOf;
  return {
    name: field.name,
    place,
    number: field.id,
    type: field.type,
    keyType: field instanceof protobuf.MapField ? field.keyType : undefined,
    cardinality: cardinalityOf(field),
    // What `optional` makes of a proto3 field is a oneof in name only.
    oneof: oneof === null || options.proto3_optional === true ? undefined : oneof.name,
    optional: options.proto3_optional === true,
    jsonName: typeof options.json_name === 'string' ? options.json_name : jsonNameOf(field.name),
    default: options.default === undefined ? undefined : String(options.default),
  };
}

function cardinalityOf(field: protobuf.Field): Cardinality {
  if (field.map) return 'map';
  if (field.repeated) return 'repeated';
  // The getter `required` answers only once features are resolved, which needs every import.
  return (field as unknown as { readonly rule?: string }).rule === 'required' ? 'required' : 'single';
}

/** protoc's rule: an underscore goes and capitalises what follows. */
const jsonNameOf = (name: string): string => name.replace(/_+(.?)/g, (_match, next: string) => next.toUpperCase());

function toEnum(type: protobuf.Enum, file: ProtoFile, positions: ProtoPositions): ProtoEnum {
  const local = localName(type, file);
  return {
    name: fullName(type),
    place: positions.of(local),
    values: Object.entries(type.values).map(([name, number]) => ({
      name,
      number,
      place: positions.of(`${local}.${name}`),
    })),
    reserved: positions.reservedBy(local),
  };
}

function toService(service: protobuf.Service, file: ProtoFile, positions: ProtoPositions): ProtoService {
  const local = localName(service, file);
  return {
    name: fullName(service),
    place: positions.of(local),
    methods: service.methodsArray.map((method) => ({
      name: method.name,
      place: positions.of(`${local}.${method.name}`),
      requestType: method.requestType,
      responseType: method.responseType,
      requestStream: method.requestStream === true,
      responseStream: method.responseStream === true,
      idempotencyLevel: String(method.options?.idempotency_level ?? 'IDEMPOTENCY_UNKNOWN'),
    })),
  };
}

/** A name means the nearest type of that name, from the innermost scope outwards. */
function resolveType(type: string, scope: string, declared: ReadonlySet<string>): string {
  if (type.startsWith('.')) return type.slice(1);
  for (let outer = scope; ; outer = outer.slice(0, Math.max(0, outer.lastIndexOf('.')))) {
    const candidate = outer === '' ? type : `${outer}.${type}`;
    if (declared.has(candidate)) return candidate;
    if (outer === '') return type;
  }
}

function withTypes(message: ProtoMessage, declared: ReadonlySet<string>): ProtoMessage {
  return {
    ...message,
    fields: message.fields.map((field) => ({ ...field, type: resolveType(field.type, message.name, declared) })),
  };
}

function withMethodTypes(service: ProtoService, declared: ReadonlySet<string>): ProtoService {
  const resolved = (method: ProtoMethod): ProtoMethod => ({
    ...method,
    requestType: resolveType(method.requestType, service.name, declared),
    responseType: resolveType(method.responseType, service.name, declared),
  });
  return { ...service, methods: service.methods.map(resolved) };
}

const byName = <T extends { readonly name: string }>(items: readonly T[]): Map<string, T> =>
  new Map(items.map((item) => [item.name, item]));
