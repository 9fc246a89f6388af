import type { RecordPlace } from '../connectors/wait/failure.ts';
import type { StreamDefinition } from '../pipeline/types.ts';

/** `positions-3@81244`, as Kafka's own tools name a record. */
export const formatPlace = ({ topic, partition, offset }: RecordPlace): string => `${topic}-${partition}@${offset}`;

/** The place of a record in the stream's data topic, in the same form. */
export const placeOf = (
  { topic }: Pick<StreamDefinition, 'topic'>,
  { partition, offset }: { readonly partition: number | null; readonly offset: bigint | null },
): string => `${topic.name}-${partition}@${offset}`;
