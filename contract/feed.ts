import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
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
}

export interface FeedService extends ProtoService {
  readonly methods: readonly FeedMethod[];
}

export interface FeedMethod extends ProtoMethod {
  /** The answer, or each message of the stream; undefined when no file declares it. */
  readonly answer: FeedMessage | undefined;
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
  /** Set when its type is an enum. */
  readonly enum: ProtoEnum | undefined;
}

/**
 * Reads a .proto and what it imports; `file` is relative to `root`, imports are looked for beside the importing file and in
 * `root`. Errors: INVALID_DEFINITION with the line.
 */
export function loadFeed(root: string, file: string, serviceName: string): Feed {
  const set = parseProtoSet(sources(root, file), 'the working tree');
  const declared = set.services.get(serviceName);
  const service = declared && {
    ...declared,
    methods: declared.methods.map((method) => ({ ...method, answer: messageOf(set, method.responseType) })),
  };
  const streamed = service?.methods.find(({ name }) => name === 'Subscribe')?.answer;
  const update = streamed?.fields.find(({ name }) => name === 'update');
  return {
    file,
    service,
    services: [...set.services.keys()],
    update: update && messageOf(set, update.type),
  };
}

/** The file and those of its imports that are in the project. The parser knows Google's own types without them. */
function sources(root: string, file: string): ProtoSource[] {
  const found = new Map<string, string>();
  const pending = [file];
  for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
    if (found.has(path)) continue;
    const text = readFileSync(join(root, path), 'utf8');
    found.set(path, text);
    const imports = [...text.matchAll(/^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"\s*;/gm)].map(
      ([, name]) => name ?? '',
    );
    for (const wanted of imports) {
      const here = [posix.join(posix.dirname(path), wanted), wanted].find((one) => existsSync(join(root, one)));
      if (here !== undefined) pending.push(here);
    }
  }
  return [...found].map(([path, text]) => ({ path, text }));
}

function messageOf(set: ProtoSet, name: string): FeedMessage | undefined {
  const message = set.messages.get(name);
  return (
    message && {
      ...message,
      fields: message.fields.map((field) => {
        const isMessage = set.messages.has(field.type);
        const single = field.cardinality === 'single' || field.cardinality === 'required';
        return {
          ...field,
          fullName: `${name}.${field.name}`,
          presence: single && (field.optional || isMessage || field.oneof !== undefined),
          isMessage,
          enum: set.enums.get(field.type),
        };
      }),
    }
  );
}
