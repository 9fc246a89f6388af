import { Document } from 'yaml';
import type { AdapterDefinition, FeedDefinition } from './feed.ts';
import type { StreamDefinition } from './types.ts';

/** A stream as the text of its definition, in the order in which definitions are read. `editorSchema`: where an editor finds its JSON Schema. */
export function definitionText(stream: StreamDefinition, editorSchema: string): string {
  const { name, feed, adapter, schema, topic, table, allow, sink } = stream;
  const document = new Document({
    name,
    ...(feed === undefined ? {} : { feed: feedText(feed) }),
    ...(adapter === undefined ? {} : { feed: adapterText(adapter) }),
    schema,
    topic: withoutEmpty(topic),
    table,
    ...withoutEmpty({ allow }),
    sink: withoutEmpty(sink),
  });
  return `# yaml-language-server: $schema=${editorSchema}\n${document.toString({ lineWidth: 0 })}`;
}

/** What only renames is text alone. */
const feedText = (feed: FeedDefinition): object =>
  withoutEmpty({
    ...feed,
    fields: Object.fromEntries(
      Object.entries(feed.fields).map(([path, entry]) => [path, Object.keys(entry).length === 1 ? entry.to : entry]),
    ),
  });

const adapterText = ({ module, ...rest }: AdapterDefinition): object => ({ adapter: module, ...withoutEmpty(rest) });

/** Without lists and maps that say nothing. */
const withoutEmpty = (part: object): object =>
  Object.fromEntries(
    Object.entries(part).filter(
      ([, value]) => typeof value !== 'object' || value === null || Object.keys(value).length > 0,
    ),
  );
