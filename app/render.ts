import { explainSink } from '../connectors/render/render-sink.ts';
import type { SinkSetting } from '../connectors/render/sink-setting.ts';
import type { FeedDefinition, FieldMapping } from '../pipeline/feed.ts';
import type { Session } from './session.ts';

/** A sink as its files want it. */
export interface RenderedSink {
  readonly name: string;
  /** Each setting with the reason for it, in the order of the configuration. */
  readonly settings: readonly SinkSetting[];
  /** How the definition leads the update's fields to Avro fields; none where all go by their names. */
  readonly mapping: readonly MappedField[];
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
  }));

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
