import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Place } from '../pipeline/finding.ts';
import type { ProtoEnumValue, ProtoField, ProtoMethod, ProtoSet } from '../schemas/compatibility/proto-model.ts';
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

export interface FeedService {
  readonly name: string;
  readonly place: Place;
  readonly methods: readonly FeedMethod[];
}

export interface FeedMethod extends ProtoMethod {
  readonly place: Place;
  /** The answer, or each message of the stream; undefined when no file declares it. */
  readonly answer: FeedMessage | undefined;
}

export interface FeedMessage {
  /** Full name. */
  readonly name: string;
  readonly place: Place;
  readonly fields: readonly FeedField[];
}

export interface FeedField extends ProtoField {
  /** `perps.v1.PositionUpdate.size` */
  readonly fullName: string;
  readonly place: Place;
  /** Whether an absent value can be told from the type's zero. */
  readonly presence: boolean;
  readonly isMessage: boolean;
  /** Set when its type is an enum. */
  readonly enum?: FeedEnum;
}

export interface FeedEnum {
  /** Full name. */
  readonly name: string;
  readonly place: Place;
  readonly values: readonly (ProtoEnumValue & { readonly place: Place })[];
}

/**
 * Reads a .proto and what it imports; `file` is relative to `root`, imports are looked for beside the importing file and in
 * `root`. Errors: INVALID_DEFINITION with the line.
 */
export function loadFeed(root: string, file: string, serviceName: string): Feed {
  const set = parseProtoSet(sources(root, file), 'the working tree');
  const service = set.services.get(serviceName);
  const methods = service?.methods.map((method) => ({
    ...method,
    place: { file: service.file, ...method.at },
    answer: messageOf(set, method.responseType),
  }));
  const streamed = methods?.find(({ name }) => name === 'Subscribe')?.answer;
  const update = streamed?.fields.find(({ name }) => name === 'update');
  return {
    file,
    service:
      service === undefined || methods === undefined
        ? undefined
        : { name: service.name, place: { file: service.file, ...service.at }, methods },
    services: [...set.services.keys()],
    update: update === undefined ? undefined : messageOf(set, update.type),
  };
}

/** The file and all it imports that are in the project; Google's own types are known without. */
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
  if (message === undefined) return undefined;
  const place = (at: { line: number; column: number }): Place => ({ file: message.file, ...at });
  return {
    name,
    place: place(message.at),
    fields: message.fields.map((field) => {
      const isMessage = set.messages.has(field.type);
      const single = field.cardinality === 'single' || field.cardinality === 'required';
      const enumeration = enumOf(set, field.type);
      return {
        ...field,
        fullName: `${name}.${field.name}`,
        place: place(field.at),
        presence: single && (field.optional || isMessage || field.oneof !== undefined),
        isMessage,
        ...(enumeration === undefined ? {} : { enum: enumeration }),
      };
    }),
  };
}

function enumOf(set: ProtoSet, name: string): FeedEnum | undefined {
  const found = set.enums.get(name);
  if (found === undefined) return undefined;
  const { file, at, values } = found;
  return {
    name,
    place: { file, ...at },
    values: values.map((value) => ({ ...value, place: { file, ...value.at } })),
  };
}
