import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import protobuf from 'protobufjs';
import type { Place } from '../pipeline/finding.ts';
import type {
  ProtoEnum,
  ProtoField,
  ProtoMessage,
  ProtoMethod,
  ProtoService,
  ProtoSet,
} from '../schemas/compatibility/proto-model.ts';
import { type ProtoSource, parseProtoSet } from '../schemas/compatibility/proto-parse.ts';

/** What a stream's .proto says about its updates, with the place of everything. */
export interface Feed {
  readonly file: string;
  /** Undefined when the file has no service of the name the definition gives. */
  readonly service: FeedService | undefined;
  /** Full names of all services there are. */
  readonly services: readonly string[];
  /** The message of one update: what the stream's oneof calls `update`. */
  readonly update: FeedMessage | undefined;
  /** Imports that no file answers. */
  readonly missingImports: readonly MissingImport[];
}

interface MissingImport {
  /** As it is written. */
  readonly name: string;
  readonly place: Place;
}

export interface FeedService extends ProtoService {
  readonly methods: readonly FeedMethod[];
}

export interface FeedMethod extends ProtoMethod {
  /** The answer, or each message of the stream; undefined when no file declares it. */
  readonly answer: FeedMessage | undefined;
  /** What it takes or answers and no file declares. */
  readonly undeclared: readonly string[];
}

export interface FeedMessage extends ProtoMessage {
  readonly fields: readonly FeedField[];
}

export interface FeedField extends ProtoField {
  /** `perps.v1.PositionUpdate.size` */
  readonly fullName: string;
  /** Whether an absent value can be told from the type's zero. */
  readonly presence: boolean;
  readonly isMessage: boolean;
  /** Whether its type is one of proto's own, or is declared in a file that was read. */
  readonly isDeclared: boolean;
  /** Set when its type is an enum. */
  readonly enum: ProtoEnum | undefined;
}

/**
 * Reads a .proto and what it imports; `file` is relative to `root`, imports are looked for beside the importing file and in
 * `root`. Errors: INVALID_DEFINITION with the line.
 */
export function loadFeed(root: string, file: string, serviceName: string): Feed {
  const { sources, missingImports } = readSources(root, file);
  const set = parseProtoSet(sources, 'the working tree');
  const declared = set.services.get(serviceName);
  const service = declared && {
    ...declared,
    methods: declared.methods.map((method) => ({
      ...method,
      answer: messageOf(set, method.responseType),
      undeclared: [method.requestType, method.responseType].filter(
        (type) => !set.messages.has(type) && !OF_GOOGLE.test(type),
      ),
    })),
  };
  const streamed = service?.methods.find(({ name }) => name === 'Subscribe')?.answer;
  const update = streamed?.fields.find(({ name }) => name === 'update');
  return {
    file,
    service,
    services: [...set.services.keys()],
    update: update && messageOf(set, update.type),
    missingImports,
  };
}

/** Google's own types, which no project has a file of. */
const OF_GOOGLE = /^google[./]protobuf[./]/;

/** The file and those of its imports that are in the project, and those that are not. */
function readSources(
  root: string,
  file: string,
): { readonly sources: readonly ProtoSource[]; readonly missingImports: readonly MissingImport[] } {
  const missingImports: MissingImport[] = [];
  const found = new Map<string, string>();
  const pending = [file];
  for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
    if (found.has(path)) continue;
    const text = readFileSync(join(root, path), 'utf8');
    found.set(path, text);
    for (const { index, 0: statement, 1: name = '' } of text.matchAll(IMPORT)) {
      const here = [posix.join(posix.dirname(path), name), name].find((one) => existsSync(join(root, one)));
      if (here !== undefined) pending.push(here);
      else if (!OF_GOOGLE.test(name)) {
        const line = text.slice(0, index + statement.indexOf('import')).split('\n').length;
        missingImports.push({ name, place: { file: path, line, column: 1 } });
      }
    }
  }
  return { sources: [...found].map(([path, text]) => ({ path, text })), missingImports };
}

const IMPORT = /^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"\s*;/gm;

/** Types without a declaration, as protobufjs knows them. */
const OF_PROTO = new Set(Object.keys(protobuf.types.basic));

function messageOf(set: ProtoSet, name: string): FeedMessage | undefined {
  const message = set.messages.get(name);
  return (
    message && {
      ...message,
      fields: message.fields.map((field) => {
        const isMessage = set.messages.has(field.type) || OF_GOOGLE.test(field.type);
        const single = field.cardinality === 'single' || field.cardinality === 'required';
        return {
          ...field,
          fullName: `${name}.${field.name}`,
          presence: single && (field.optional || isMessage || field.oneof !== undefined),
          isMessage,
          isDeclared: isMessage || set.enums.has(field.type) || OF_PROTO.has(field.type),
          enum: set.enums.get(field.type),
        };
      }),
    }
  );
}
