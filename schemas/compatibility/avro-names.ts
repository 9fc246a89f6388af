import type { Finding } from '../../pipeline/finding.ts';
import { type NamedType, shortName } from './avro-model.ts';
import { findingAt, type Pair, readerAndWriter, type Walk, whoBreaks } from './avro-walk.ts';

/** Whether the reader's type goes by the writer's full name, itself or by an alias. */
export const namesMatch = (reader: NamedType, writer: NamedType): boolean =>
  reader.name === writer.name || reader.aliases.includes(writer.name);

/**
 * A record, enum or fixed that is called otherwise. Since 1.9 Avro's rules compare names without their namespace, and
 * registries follow; avsc and the Java decoder of enums and fixed still want the full name. So the full name counts here.
 */
export function nameFindings(walk: Walk, older: NamedType, newer: NamedType): Finding[] {
  const [reader, writer] = walk.direction === 'BACKWARD' ? [newer, older] : [older, newer];
  if (namesMatch(reader, writer)) return [];
  const onlyNamespace = shortName(older.name) === shortName(newer.name);
  return [
    findingAt(walk, [...newer.at, 'name'], {
      rule: onlyNamespace ? 'NAMESPACE_CHANGED' : 'NAME_CHANGED',
      message: `${older.kind} ${older.name} is now called ${newer.name}; ${whoBreaks(walk)}`,
      remedy:
        walk.direction === 'BACKWARD'
          ? `keep the name, or add "aliases": ["${older.name}"] to the new one`
          : `keep the name ${older.name}: consumers with the old schema cannot know the new one`,
    }),
  ];
}

/** Types that one union branch can stand for: by kind, and by name as far as a message is better than silence. */
export function couldBeTheSame(walk: Walk, pair: Pair): boolean {
  const { reader, writer } = readerAndWriter(walk, pair);
  if (!('name' in reader.type) || !('name' in writer.type)) return reader.type.kind === writer.type.kind;
  if (reader.type.kind !== writer.type.kind) return false;
  return namesMatch(reader.type, writer.type) || shortName(reader.type.name) === shortName(writer.type.name);
}
