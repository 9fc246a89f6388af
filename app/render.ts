import { explainSink } from '../connectors/render/render-sink.ts';
import type { SinkSetting } from '../connectors/render/sink-setting.ts';
import type { Session } from './session.ts';

export interface RenderedSink {
  readonly name: string;
  /** Each setting with the reason for it, in the order of the configuration. */
  readonly settings: readonly SinkSetting[];
}

/** The sink configurations that a deploy would send. Asks no server. */
export const renderSinks = (session: Session): RenderedSink[] =>
  session.streams.map((stream) => ({
    name: stream.sink.name,
    settings: explainSink(stream, session.environment, session.schema(stream).fields),
  }));
