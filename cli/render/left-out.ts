import type { StreamDefinition } from '../../pipeline/types.ts';

type Read = Pick<StreamDefinition, 'name' | 'feed' | 'adapter'>;

/** One line about streams that are not read, where others are; of none when all are, or none is. */
export const unreadLines = (streams: readonly Read[]): string[] =>
  leftOut(
    streams,
    ({ feed, adapter }) => feed !== undefined || adapter !== undefined,
    'no feed: others write its records',
  );

/** The same of streams for which nothing can be made up. */
export const unsimulatedLines = (streams: readonly Read[]): string[] =>
  leftOut(streams, ({ feed }) => feed !== undefined, 'no feed that a proto describes');

function leftOut(streams: readonly Read[], isTaken: (stream: Read) => boolean, why: string): string[] {
  const names = streams.filter((stream) => !isTaken(stream)).map(({ name }) => name);
  if (names.length === 0 || names.length === streams.length) return [];
  return [`left out: ${names.join(', ')} (${why})`];
}
