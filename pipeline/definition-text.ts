import { Document } from 'yaml';
import type { StreamDefinition } from './types.ts';

/** A stream as the text of its definition, in the order in which definitions are read. */
export function definitionText(stream: StreamDefinition): string {
  const { name, feed, schema, topic, table, allow, sink } = stream;
  const document = new Document({
    name,
    feed: withoutEmpty(feed),
    schema,
    topic: withoutEmpty(topic),
    table,
    ...withoutEmpty({ allow }),
    sink: withoutEmpty(sink),
  });
  const schemaLine = '# yaml-language-server: $schema=../pipeline/definition.schema.json';
  return `${schemaLine}\n${document.toString({ lineWidth: 0 })}`;
}

/** Without lists and maps that say nothing. */
const withoutEmpty = (part: object): object =>
  Object.fromEntries(
    Object.entries(part).filter(
      ([, value]) => typeof value !== 'object' || value === null || Object.keys(value).length > 0,
    ),
  );
