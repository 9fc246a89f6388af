import { ConnectError } from '../../core/errors.ts';
import { conversionOf, type FeedDefinition } from '../../pipeline/feed.ts';
import type { AvroRecord, AvroSchema } from '../../schemas/avro-schema.ts';
import { constantValue } from '../../schemas/constant-value.ts';
import type { UpdateGenerator } from './update-generator.ts';

export type SimulatedMapping = Pick<FeedDefinition, 'method' | 'fields' | 'constants'>;

/**
 * The constants of a stream that can be simulated: its service is of our own shape, and its fields are renamed at most. Errors:
 * INVALID_DEFINITION for every other stream.
 */
export function requireSimulable(
  { name, mapping }: { readonly name: string; readonly mapping?: SimulatedMapping | undefined },
  { fields }: AvroSchema,
): AvroRecord {
  if (mapping === undefined) return {};
  if (mapping.method !== undefined) {
    throw notSimulable(
      name,
      `its feed streams by the method ${mapping.method}, and the simulator serves Subscribe only`,
    );
  }
  for (const [path, entry] of Object.entries(mapping.fields)) {
    const conversion = conversionOf(entry);
    if (conversion === undefined) continue;
    throw notSimulable(name, `feed.fields converts ${path} by ${conversion}, and the simulator only renames`);
  }
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = Object.hasOwn(mapping.constants, field.name) ? mapping.constants[field.name] : undefined;
      return value === undefined ? [] : [[field.name, constantValue(field, value)]];
    }),
  );
}

/** The fields of a schema that a feed does not send, each of which may be null. */
export const nullsOf = ({ fields }: AvroSchema, sent: AvroSchema): AvroRecord =>
  Object.fromEntries(
    fields.flatMap(({ name }) => (sent.fields.some((field) => field.name === name) ? [] : [[name, null]])),
  );

/** The same updates, with values that the feed does not send. */
export const withConstants = (generator: UpdateGenerator, constants: AvroRecord): UpdateGenerator => ({
  next: (slot, count) => generator.next(slot, count).map((record) => ({ ...record, ...constants })),
  stray: (slot, ordinal) => ({ ...generator.stray(slot, ordinal), ...constants }),
  clone: () => withConstants(generator.clone(), constants),
});

const notSimulable = (stream: string, why: string): ConnectError =>
  new ConnectError('INVALID_DEFINITION', `stream ${stream} cannot be simulated: ${why}`, {
    hint: `leave ${stream} out with --only, or run a test feed of your own`,
  });
