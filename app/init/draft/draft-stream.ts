import type { NewFile, StreamSurroundings } from '../../../pipeline/new-stream.ts';
import { definitionText, kebabOf, migrationText } from '../../../pipeline/stream-texts.ts';
import type { DescribedMethod, FeedCatalog } from '../../../producer/feed/inspect/catalog.ts';
import { protoTexts } from '../../../producer/feed/inspect/proto-text.ts';
import { avroText } from './avro-text.ts';
import { draftFields } from './draft-fields.ts';
import { type DraftAnswers, wrongAnswer } from './draft-types.ts';
import { placePosition, placeUpdate } from './feed-places.ts';
import { feedText } from './feed-text.ts';

/**
 * The files of a stream that a described method feeds: proto, definition, Avro schema, migration. They agree with each other. Errors: USAGE
 * for answers that are missing or do not fit; REFUSED for a description with holes.
 */
export function draftStream(
  catalog: FeedCatalog,
  method: DescribedMethod,
  name: string,
  answers: DraftAnswers,
  { migrationNumber, definitionSchema, ...functions }: StreamSurroundings,
): readonly NewFile[] {
  const place = placeUpdate(catalog, method, answers.update);
  const names = (place.type.message.field ?? []).map((field) => field.name ?? '');
  if (answers.key === undefined || answers.key.length === 0) {
    throw wrongAnswer(
      `which fields of ${place.type.name} tell its updates apart is not in a .proto`,
      `say --key FIELD,…: two updates with the same values become one row. Fields: ${names.join(', ')}`,
    );
  }
  const position = placePosition(catalog, method, place.type, answers.position ?? { kind: 'none' });
  const draft = draftFields(catalog, place.type, answers);
  const folder = `schemas/${kebabOf(name)}`;
  const rename = renaming();
  const protos = protoTexts(catalog, { main: method.file, optional: draft.optional, rename });
  const key = answers.key.map((path) => draft.fields.find((field) => field.path === path)?.to ?? path);
  const feed = feedText({
    proto: `${folder}/${rename(method.file)}`,
    catalog,
    method,
    place,
    position,
    draft,
    isPositionSaid: answers.position !== undefined,
  });
  const columns = draft.fields.map(({ to, sql, nullable }) => [to, sql, nullable ? '' : 'NOT NULL'] as const);
  return [
    ...protos.map((proto) => ({ path: `${folder}/${proto.name}`, text: proto.text })),
    { path: `connectors/${name}.yaml`, text: definitionText({ name, key }, { schema: definitionSchema, feed }) },
    { path: `${folder}.avsc`, text: avroText(name, method, draft.fields) },
    {
      path: `migrations/${String(migrationNumber).padStart(4, '0')}_${name}.sql`,
      text: migrationText({ name, key }, columns, functions),
    },
  ];
}

/** Gives the feed's files names in one folder, each its own: what a feed calls them is no path here. */
function renaming(): (file: string) => string {
  const names = new Map<string, string>();
  return (file) => {
    const known = names.get(file);
    if (known !== undefined) return known;
    const plain =
      file
        .replace(/\.proto$/, '')
        .replace(/[^A-Za-z0-9]+/g, '_')
        .replace(/^_+|_+$/g, '')
        .slice(0, 80) || 'feed';
    let name = `${plain}.proto`;
    for (let number = 2; [...names.values()].includes(name); number += 1) name = `${plain}_${number}.proto`;
    names.set(file, name);
    return name;
  };
}
