import type { KafkaConnection } from '../core/kafka.ts';
import { scanTopic } from '../core/kafka-scan.ts';
import { checkpointTopic } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { publishRecords } from './publish-records.ts';

/**
 * What an operation has to remember beyond the process that runs it. Marks stand in the stream's compacted checkpoint topic,
 * under keys with a slash, which no stream's name has: Kafka keeps the last one of each key for good, and offsets of a
 * consumer group would not do, because they only say "up to here" and expire.
 */
export interface Marks<T> {
  /** The marks there are, by id. Errors: NOT_FOUND without the topic, UNREACHABLE. */
  read(): Promise<Map<string, T>>;
  /** Undefined takes a mark away. Resolves once the broker holds them all. */
  write(marks: ReadonlyMap<string, T | undefined>): Promise<void>;
}

const CLIENT_ID = 'perps-connect-marks';

/** The marks of one kind. Their values are plain JSON. */
export function createMarks<T extends object>(
  { kafka, stream }: { readonly kafka: KafkaConnection; readonly stream: StreamDefinition },
  kind: string,
): Marks<T> {
  const topic = checkpointTopic(stream);
  const prefix = `${kind}/`;
  return {
    async read() {
      const found = new Map<string, T>();
      await scanTopic(kafka, {
        topic,
        clientId: CLIENT_ID,
        onRecords: async (records) => {
          for (const { key, value } of records) {
            const name = key?.toString() ?? '';
            if (!name.startsWith(prefix)) continue;
            const id = name.slice(prefix.length);
            if (value === null) found.delete(id);
            else found.set(id, JSON.parse(value.toString()) as T);
          }
        },
      });
      return found;
    },
    async write(marks) {
      const records = [...marks].map(([id, mark]) => ({
        partition: 0,
        key: Buffer.from(`${prefix}${id}`),
        value: mark === undefined ? null : Buffer.from(JSON.stringify(mark)),
        headers: {},
      }));
      await publishRecords(kafka, { topic, clientId: CLIENT_ID, records });
    },
  };
}
