import type { StoppedSink } from '../connectors/msk/snapshot.ts';
import type { StoppedSinks } from '../connectors/msk/stopped-sinks.ts';
import { ifFound } from '../core/errors.ts';
import type { KafkaConnection } from '../core/kafka.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { createMarks, type Marks } from './marks.ts';

const OBJECT = /^\[object Object\]$/;
const FORMS = { name: /./, config: OBJECT, capacity: OBJECT, plugin: OBJECT, fixed: OBJECT, tags: OBJECT };

/**
 * The stopped sinks of these streams as marks, each among its stream's others. A sink that no stream defines is none of ours to
 * stop. `isOutOfReach`: the brokers cannot be reached.
 */
export function stoppedMarks(
  kafka: KafkaConnection,
  streams: readonly StreamDefinition[],
  isOutOfReach: () => boolean,
): StoppedSinks {
  const marksOf = (connector: string): Marks<StoppedSink> | undefined => {
    const stream = streams.find(({ sink }) => sink.name === connector);
    return stream && createMarks<StoppedSink>({ kafka, stream }, 'stopped', FORMS);
  };
  return {
    async read(connector) {
      const marks = marksOf(connector);
      if (marks === undefined) return undefined;
      if (isOutOfReach()) return 'unknown';
      // Before the first deploy there is no topic of marks.
      return (await ifFound(marks.read()))?.get(connector);
    },
    async write(connector, sink) {
      await marksOf(connector)?.write(new Map([[connector, sink]]));
    },
  };
}
