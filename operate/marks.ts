import { checkpointTopic } from '../pipeline/names.ts';
import { publishRecords } from './publish-records.ts';
import { readRecords, type StreamSource } from './read-records.ts';

/**
 * What an operation has to remember after its process has ended. Marks stand in the stream's compacted checkpoint topic, of which
 * Kafka keeps the last record of each key; committed offsets only say "up to here", and expire. The keys have a slash, which no
 * stream's name has.
 */
export interface Marks<T> {
  /** All marks by id; records of other programs under our keys are none. Errors: NOT_FOUND without the topic, UNREACHABLE. */
  read(): Promise<Map<string, T>>;
  /** Undefined removes a mark. Resolves once the broker holds them all. */
  write(marks: ReadonlyMap<string, T | undefined>): Promise<void>;
}

const CLIENT_ID = 'perps-connect-marks';

/** The marks of one kind. Their values are plain JSON, in which these fields have these forms. */
export function createMarks<T extends object>(
  { kafka, stream }: StreamSource,
  kind: string,
  forms: Readonly<Partial<Record<keyof T & string, RegExp>>>,
): Marks<T> {
  const topic = checkpointTopic(stream);
  const prefix = `${kind}/`;
  return {
    async read() {
      const found = new Map<string, T>();
      await readRecords({ kafka }, { topic, clientId: CLIENT_ID }, ({ key, value }) => {
        const name = key?.toString() ?? '';
        if (!name.startsWith(prefix)) return;
        const id = name.slice(prefix.length);
        const mark = value === null ? undefined : parseMark<T>(value, forms);
        if (mark === undefined) found.delete(id);
        else found.set(id, mark);
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

/** A mark in a record's value; undefined for other things. */
export function parseMark<T extends object>(
  value: Buffer,
  forms: Readonly<Partial<Record<string, RegExp>>>,
): T | undefined {
  try {
    const mark = JSON.parse(value.toString());
    return Object.entries(forms).every(([field, form]) => form?.test(String(mark[field]))) ? mark : undefined;
  } catch {
    return undefined;
  }
}
