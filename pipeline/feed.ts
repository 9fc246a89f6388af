import { ConnectError } from '../core/errors.ts';
import type { Problem } from './finding.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** A value that YAML spells out. */
export type Scalar = string | number | boolean;

/** Where a stream's updates come from. */
export interface FeedDefinition {
  /** The .proto file. */
  readonly proto: string;
  /** Full name of the service, e.g. `perps.v1.PositionFeed`. */
  readonly service: string;
  /** The call that streams updates. Left out: the service has `Subscribe` and `GetReplayInfo`. */
  readonly method?: string | undefined;
  /** Ask the method, which does not stream, again after so long without an answer that brings something new. */
  readonly pollSeconds?: number | undefined;
  /** What is asked of the method: constants by path in its request. */
  readonly request: Readonly<Record<string, Scalar>>;
  /** Path of the update in what the method streams; left out: the message is the update. */
  readonly update?: string | undefined;
  /** Other members of the update's oneof, which are left out on purpose. */
  readonly leave: readonly string[];
  /** How the feed is resumed; every feed with a method has one. */
  readonly position?: PositionDefinition | undefined;
  /** Avro fields by path in the update. A field that has no entry goes by its own name. */
  readonly fields: Readonly<Record<string, FieldMapping>>;
  /** Values of Avro fields that the feed does not send. */
  readonly constants: Readonly<Record<string, Scalar>>;
  /** Paths in the update that go nowhere, on purpose. Without an entry here the contract check objects to them. */
  readonly ignore: readonly string[];
}

/** How a feed is resumed: at a slot, behind a cursor, or not at all. */
export type PositionDefinition =
  | {
      readonly kind: 'slot' | 'cursor';
      /** Path in the update. */
      readonly field: string;
      /** Path in the request that takes it back. */
      readonly request: string;
    }
  | { readonly kind: 'none' };

export type PositionKind = PositionDefinition['kind'];

/** How a stream's feed is resumed; undefined for a stream without a feed. */
export function positionKindOf({ feed, adapter }: Pick<Fed, 'feed' | 'adapter'>): PositionKind | undefined {
  if (adapter !== undefined) return adapter.position.kind;
  if (feed === undefined) return undefined;
  return feed.method === undefined ? 'slot' : (feed.position?.kind ?? 'none');
}

/** A feed that a module of the project reads. */
export interface AdapterDefinition {
  /** The module, relative to the project. */
  readonly module: string;
  /** Handed to it as they are. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly position: ReadPosition;
}

/** The same without the request that takes a position back: the module sees to that. */
export type ReadPosition = { readonly kind: 'slot' | 'cursor'; readonly field: string } | { readonly kind: 'none' };

export const TIME_UNITS = ['seconds', 'milliseconds', 'microseconds', 'nanoseconds'] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];
export type TextForm = 'hex' | 'base58' | 'base64' | 'json';

/** Which Avro field takes a value of the update, and what is done with it on the way: at most one conversion. */
export interface FieldMapping {
  readonly to: string;
  /** The integer is the amount times 10^scale; or the path of the field that says so. */
  readonly scale?: number | string | undefined;
  /** Path of the field that holds x: the amount is the integer times 10^x. */
  readonly exponent?: string | undefined;
  /** What the integer counts; of a Duration, what the Avro field counts. */
  readonly unit?: TimeUnit | undefined;
  /** How bytes are written as text; `json` for messages and lists. */
  readonly text?: TextForm | undefined;
  /** Words by names of the enum's values. */
  readonly words?: Readonly<Record<string, string>> | undefined;
  /** The feed's absent value is zero, false or the first word, on purpose: proto3 sends none of them. */
  readonly absent?: 'zero' | undefined;
}

/** The keys of a mapping that convert. */
export const CONVERSIONS = ['scale', 'exponent', 'unit', 'text', 'words'] as const;
export type Conversion = (typeof CONVERSIONS)[number];

/** What a mapping does with a value; undefined when it only renames. */
export const conversionOf = (mapping: FieldMapping): Conversion | undefined =>
  CONVERSIONS.find((key) => mapping[key] !== undefined);

/** A feed as YAML has it: what only renames is text alone. It has either an adapter, or a proto and its service. */
export interface FeedDocument extends Omit<FeedDefinition, 'fields'> {
  readonly fields: Readonly<Record<string, string | FieldMapping>>;
  readonly adapter?: string | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** The adapter of a feed; undefined for a feed that is read by its proto. */
export const toAdapter = ({ adapter, options = {}, position }: FeedDocument): AdapterDefinition | undefined =>
  adapter === undefined ? undefined : { module: adapter, options, position: position ?? { kind: 'none' } };

export const toFeed = (document: FeedDocument): FeedDefinition => ({
  ...document,
  fields: Object.fromEntries(
    Object.entries(document.fields).map(([path, entry]) => [path, typeof entry === 'string' ? { to: entry } : entry]),
  ),
});

const WITH_METHOD = ['pollSeconds', 'request', 'update', 'leave', 'position'] as const;
const WITH_PROTO = [
  'proto',
  'service',
  'method',
  'pollSeconds',
  'request',
  'update',
  'leave',
  'fields',
  'constants',
  'ignore',
] as const;

/** What the schema cannot say about a feed. */
export function checkFeed(file: YamlFile, feed: FeedDocument): Problem[] {
  const problems: Problem[] = [];
  const refuse = (path: Path, message: string) => problems.push(file.problemAtKey(['feed', ...path], message));
  const { adapter, method, position } = feed;
  const isSet = (key: keyof FeedDocument) =>
    typeof feed[key] === 'number' || (feed[key] !== undefined && Object.keys(feed[key]).length > 0);
  if (adapter !== undefined) {
    for (const key of WITH_PROTO) {
      if (isSet(key))
        refuse(
          [key],
          `feed.${key} is for feeds that are read by a proto; the module ${adapter} does that itself, remove ${key}`,
        );
    }
    if (position !== undefined && 'request' in position) {
      refuse(
        ['position', 'request'],
        `feed.position.request is for methods; the module ${adapter} is given the position, remove request`,
      );
    }
    return problems;
  }
  if (isSet('options')) refuse(['options'], 'feed.options are for feed.adapter, which is left out; remove options');
  if (position !== undefined && position.kind !== 'none' && position.request === undefined) {
    refuse(['position'], 'feed.position must have a request: the path in the request that takes the position back');
  }
  if (method === undefined) {
    for (const key of WITH_METHOD) {
      if (!isSet(key)) continue;
      refuse([key], `feed.${key} belongs to feed.method, which is left out; name the method, or remove ${key}`);
    }
  } else if (position === undefined) {
    refuse(['method'], 'feed.method needs feed.position: kind slot, cursor or none says how the feed is resumed');
  } else if (feed.pollSeconds !== undefined && position.kind === 'none') {
    const message = 'feed.pollSeconds needs a position slot or cursor: with none each answer would be taken again';
    refuse(['position'], message);
  }
  for (const [path, entry] of Object.entries(feed.fields)) {
    const conversions = typeof entry === 'string' ? [] : CONVERSIONS.filter((key) => entry[key] !== undefined);
    if (conversions.length < 2) continue;
    refuse(
      ['fields', path],
      `feed.fields: ${path} has ${conversions.join(' and ')}; one value is converted once, keep one`,
    );
  }
  const asked = position?.kind === 'none' || position === undefined ? undefined : position.request;
  if (asked !== undefined && Object.hasOwn(feed.request, asked)) {
    refuse(
      ['request', asked],
      `feed.request: ${asked} is a constant here and takes the position back; remove one of the two`,
    );
  }
  return problems;
}

/** Of a view of current states: what it is ordered by. */
interface OrderedStates {
  readonly identity: string;
  readonly order: string;
  readonly ordinal?: string | undefined;
}

/** Where the producer numbers updates, identity and order are sent as they are, slot by slot. */
export function checkOrdinal(file: YamlFile, feed: FeedDocument, current: OrderedStates | undefined): Problem[] {
  if (current?.ordinal === undefined) return [];
  const { fields, constants, position } = toFeed(feed);
  const refuse = (problem: string): Problem =>
    file.problemAt(['table', 'current', 'ordinal'], `table.current.ordinal: ${problem}; leave the ordinal out`);
  const problems: Problem[] = [];
  if (position !== undefined && position.kind !== 'slot') {
    problems.push(refuse(`a feed with position ${position.kind} has no slots in which updates are numbered`));
  }
  for (const name of [current.identity, current.order]) {
    const [path, mapping] = Object.entries(fields).find(([, { to }]) => to === name) ?? [name];
    const isConverted = mapping !== undefined && conversionOf(mapping) !== undefined;
    if (!isConverted && !path.includes('.') && !Object.hasOwn(constants, name)) continue;
    problems.push(refuse(`${name} is converted or lies inside a message, and the producer numbers updates by it`));
  }
  return problems;
}

/** A feed of our own shape, whose fields go by name. */
export const plainFeed = (proto: string, service: string): FeedDefinition => ({
  proto,
  service,
  request: {},
  leave: [],
  fields: {},
  constants: {},
  ignore: [],
});

/** Of a stream: where its updates come from. */
interface Fed {
  readonly name: string;
  readonly feed: FeedDefinition | undefined;
  readonly adapter?: AdapterDefinition | undefined;
}

/** A stream's feed, as a proto has it. Errors: USAGE for a stream whose records others write, or a module of the project reads. */
export function requireFeed({ name, feed, adapter }: Fed) {
  if (feed !== undefined) return feed;
  if (adapter !== undefined) {
    throw new ConnectError(
      'USAGE',
      `the feed of stream ${name} is read by ${adapter.module}, and nothing here knows its messages`,
      {
        hint: `leave ${name} out with --only`,
      },
    );
  }
  throw new ConnectError('USAGE', `stream ${name} has no feed: others write the records of its topic`, {
    hint: `leave ${name} out with --only, or give its definition a \`feed\``,
  });
}

/** The module that reads a stream's feed. Errors: USAGE for a stream that has none. */
export function requireAdapter({ name, adapter }: Fed): AdapterDefinition {
  if (adapter !== undefined) return adapter;
  throw new ConnectError('USAGE', `stream ${name} has no feed.adapter`);
}

/** The streams whose updates are read here. Errors: USAGE when there is none. */
export function readStreams<T extends Fed>(streams: readonly T[]): T[] {
  const read = streams.filter(({ feed, adapter }) => feed !== undefined || adapter !== undefined);
  const [first] = streams;
  if (read.length === 0 && first !== undefined) requireFeed(first);
  return read;
}

/** The streams whose feed is described by a proto. Errors: USAGE when none is. */
export function fedStreams<T extends Fed>(streams: readonly T[]): T[] {
  const fed = streams.filter(({ feed }) => feed !== undefined);
  const [first] = streams;
  if (fed.length === 0 && first !== undefined) requireFeed(first);
  return fed;
}
