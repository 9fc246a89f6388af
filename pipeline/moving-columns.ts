import { positionKindOf } from './feed.ts';
import type { StreamDefinition } from './types.ts';

type Fed = Pick<StreamDefinition, 'feed' | 'adapter' | 'table'>;

/** The column with the slot of an update, by the view of current states or by how the feed is resumed; undefined where there is none. */
export function slotColumnOf({ feed, adapter, table }: Fed): string | undefined {
  if (positionKindOf({ feed, adapter }) !== 'slot') return undefined;
  const position = adapter?.position ?? feed?.position;
  const field = position === undefined || position.kind === 'none' ? 'slot' : position.field;
  return table.current?.order ?? feed?.fields[field]?.to ?? field;
}

/** The columns of the upsert key that an update can have otherwise when it comes again, as long as it is not final. */
export const movingColumns = (stream: Fed): readonly string[] => {
  const moving = [stream.table.partition?.by, slotColumnOf(stream)];
  return stream.table.key.filter((column) => moving.includes(column));
};
