import { explainSink } from '../connectors/render/render-sink.ts';
import type { SinkSetting } from '../connectors/render/sink-setting.ts';
import type { FeedDefinition, FieldMapping, PositionDefinition } from '../pipeline/feed.ts';
import type { Session } from './session.ts';

/** A sink as its files want it. */
export interface RenderedSink {
  readonly name: string;
  /** Each setting with the reason for it, in the order of the configuration. */
  readonly settings: readonly SinkSetting[];
  /** How the definition leads the update's fields to Avro fields; none where all go by their names. */
  readonly mapping: readonly MappedField[];
  /** How the feed is read; undefined where it has no method of its own. */
  readonly feed: MethodFeed | undefined;
}

/** A feed's own method, and what is asked of it. */
export interface MethodFeed extends Pick<FeedDefinition, 'request' | 'leave'> {
  /** With its service: `acme.md.Tape/StreamPrints`. */
  readonly method: string;
  /** How often a method is asked that does not stream, in seconds. */
  readonly pollSeconds?: number | undefined;
  /** Where the update sits in what is streamed. */
  readonly update: string;
  /** How the feed is resumed. */
  readonly position: string;
}

/** One entry of `feed.fields` or `feed.constants`. */
export interface MappedField {
  /** Path in the update; undefined for a constant. */
  readonly from: string | undefined;
  readonly to: string;
  /** What is done with the value. */
  readonly how: string;
}

/** The sink configurations that a deploy would send, with references in place of secrets. Asks no server. Errors: INVALID_DEFINITION. */
export const renderSinks = (session: Session): RenderedSink[] =>
  session.streams.map((stream) => ({
    name: stream.sink.name,
    settings: explainSink(stream, session.environment, session.schema(stream).fields),
    mapping: stream.feed === undefined ? [] : explainMapping(stream.feed),
    feed: stream.feed && explainMethod(stream.feed),
  }));

function explainMethod({
  service,
  method,
  pollSeconds,
  request,
  update,
  leave,
  position,
}: FeedDefinition): MethodFeed | undefined {
  if (method === undefined || position === undefined) return undefined;
  return {
    method: `${service}/${method}`,
    pollSeconds,
    request,
    update: update ?? 'the message itself',
    leave,
    position: explainPosition(position),
  };
}

function explainPosition(position: PositionDefinition): string {
  switch (position.kind) {
    case 'slot':
      return `from the last slot (${position.field}) on, asked for by ${position.request}`;
    case 'cursor':
      return `behind the last cursor (${position.field}), asked for by ${position.request}`;
    case 'none':
      return 'nothing is replayed: what is sent while nobody reads is lost, and told';
  }
}

const explainMapping = ({ fields, constants }: FeedDefinition): MappedField[] => [
  ...Object.entries(fields).map(([from, mapping]) => ({ from, to: mapping.to, how: howOf(mapping) })),
  ...Object.entries(constants).map(([to, value]) => ({ from: undefined, to, how: `always ${JSON.stringify(value)}` })),
];

function howOf({ scale, exponent, unit, text, words }: FieldMapping): string {
  if (scale !== undefined) return `the integer divided by 10^${scale}`;
  if (exponent !== undefined) return `the integer times 10^${exponent}`;
  if (unit !== undefined) return `in ${unit}`;
  if (text !== undefined) return text === 'json' ? 'as JSON' : `bytes as ${text}`;
  if (words === undefined) return 'as it is';
  return `by words: ${Object.entries(words)
    .map(([name, word]) => `${name} is "${word}"`)
    .join(', ')}`;
}
