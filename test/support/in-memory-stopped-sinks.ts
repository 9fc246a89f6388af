import type { StoppedSink } from '../../connectors/msk/snapshot.ts';
import type { StoppedSinks } from '../../connectors/msk/stopped-sinks.ts';

export interface InMemoryStoppedSinks extends StoppedSinks {
  /** As they are kept, by connector. */
  readonly sinks: ReadonlyMap<string, StoppedSink>;
}

/** Stopped sinks in memory. */
export function inMemoryStoppedSinks(): InMemoryStoppedSinks {
  const sinks = new Map<string, StoppedSink>();
  return {
    sinks,
    read: async (connector) => sinks.get(connector),
    async write(connector, sink) {
      if (sink === undefined) sinks.delete(connector);
      // As it comes back out of JSON.
      else sinks.set(connector, JSON.parse(JSON.stringify(sink)));
    },
  };
}
