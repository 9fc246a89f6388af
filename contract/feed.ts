import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import protobuf from 'protobufjs';
import { readLimited } from '../core/read-limited.ts';
import { didYouMean } from '../pipeline/did-you-mean.ts';
import type { FeedDefinition } from '../pipeline/feed.ts';
import type { Place } from '../pipeline/finding.ts';
import type { ProtoSet } from '../schemas/compatibility/proto-model.ts';
import { parseProtoSet } from '../schemas/compatibility/proto-parse.ts';

/** What a stream's .proto says about its updates, with the place of everything. */
export type Feed = ReturnType<typeof loadFeed>;
export type FeedService = NonNullable<Feed['service']>;
export type FeedMethod = FeedService['methods'][number];
export type FeedMessage = NonNullable<ReturnType<typeof messageOf>>;
export type FeedField = FeedMessage['fields'][number];

/**
 * Reads a .proto and what it imports; `file` is relative to `root`, imports are looked for beside the importing file and in
 * `root`. Errors: INVALID_DEFINITION with the line.
 */
export function loadFeed(root: string, { proto: file, service: serviceName, method, update: place }: FeedDefinition) {
  const { sources, missingImports } = readSources(root, file);
  const set = parseProtoSet(sources, 'the working tree');
  const declared = set.services.get(serviceName);
  const service = declared && {
    ...declared,
    methods: declared.methods.map((method) => ({
      ...method,
      /** The answer, or each message of the stream; undefined when no file declares it. */
      answer: messageOf(set, method.responseType),
      /** What it takes or answers and no file declares. */
      undeclared: [method.requestType, method.responseType].filter(
        (type) => !set.messages.has(type) && !OF_GOOGLE.test(type),
      ),
    })),
  };
  const call = service?.methods.find(({ name }) => name === (method ?? 'Subscribe'));
  const path = method === undefined ? 'update' : place;
  const types = (name: string) => messageOf(set, name);
  const at = path === undefined ? undefined : resolvePath(call?.answer, path, types);
  return {
    file,
    /** Undefined when the file has no service of the name the definition gives. */
    service,
    /** Full names of all services there are. */
    services: [...set.services.keys()],
    /** The call that streams updates. */
    call,
    /** What it takes. */
    request: call && types(call.requestType),
    /** Where the update sits in what is streamed; undefined when the message itself is the update. */
    at,
    /** The message of one update. */
    update: at === undefined ? call?.answer : at.field && types(at.field.type),
    /** A message by its full name. */
    types,
    /** What a path leads to, from a message on. */
    resolve: (message: FeedMessage | undefined, path: string): ResolvedPath => resolvePath(message, path, types),
    /** Imports that no file answers: as each is written, and where. */
    missingImports,
  };
}

/** What a path leads to; or the first step that leads nowhere, and why. */
export interface ResolvedPath {
  readonly field?: FeedField;
  /** The fields on the way, the last one included. */
  readonly steps: readonly FeedField[];
  readonly problem?: string;
}

function resolvePath(
  message: FeedMessage | undefined,
  path: string,
  types: (name: string) => FeedMessage | undefined,
): ResolvedPath {
  const steps: FeedField[] = [];
  let inside = message;
  for (const step of path.split('.')) {
    const last = steps.at(-1);
    if (last !== undefined && (last.cardinality === 'repeated' || last.cardinality === 'map')) {
      return { steps, problem: `${last.name} is a list, and a path leads through single messages` };
    }
    if (inside === undefined) {
      return { steps, problem: `${last?.name ?? step} is ${last?.type ?? 'nothing'}, which has no fields here` };
    }
    const field = inside.fields.find(({ name }) => name === step);
    if (field === undefined) {
      const names = inside.fields.map(({ name }) => name);
      return { steps, problem: `${step} is no field of ${inside.name}${didYouMean(step, names)}` };
    }
    steps.push(field);
    inside = types(field.type);
  }
  return { steps, field: steps.at(-1) as FeedField };
}

/** Google's own types, which no project has a file of. */
const OF_GOOGLE = /^google[./]protobuf[./]/;

/** The file and those of its imports that are in the project, and those that are not. */
function readSources(root: string, file: string) {
  const missingImports: { name: string; place: Place }[] = [];
  const found = new Map<string, string>();
  const pending = [file];
  for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
    if (found.has(path)) continue;
    const text = readLimited(join(root, path));
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
  const sources = [...found].map(([path, text]) => ({ path, text }));
  return { sources, missingImports };
}

const IMPORT = /^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"\s*;/gm;

/** Types without a declaration, as protobufjs knows them. */
const OF_PROTO = new Set(Object.keys(protobuf.types.basic));

function messageOf(set: ProtoSet, name: string) {
  const message = set.messages.get(name);
  return (
    message && {
      ...message,
      fields: message.fields.map((field) => {
        const isMessage = set.messages.has(field.type) || OF_GOOGLE.test(field.type);
        const single = field.cardinality === 'single' || field.cardinality === 'required';
        return {
          ...field,
          /** `perps.v1.PositionUpdate.size` */
          fullName: `${name}.${field.name}`,
          /** Whether an absent value can be told from the type's zero. */
          presence: single && (field.optional || isMessage || field.oneof !== undefined),
          isMessage,
          /** Whether its type is one of proto's own, or is declared in a file that was read. */
          isDeclared: isMessage || set.enums.has(field.type) || OF_PROTO.has(field.type),
          /** Set when its type is an enum. */
          enum: set.enums.get(field.type),
        };
      }),
    }
  );
}
