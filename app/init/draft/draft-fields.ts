import { didYouMean } from '../../../pipeline/did-you-mean.ts';
import type { FeedCatalog } from '../../../producer/feed/inspect/catalog.ts';
import type { FieldDescriptor } from '../../../producer/feed/inspect/descriptor.ts';
import { isDelimited } from '../../../producer/feed/inspect/field-shape.ts';
import { createColumnNames } from './column-names.ts';
import {
  type DraftAnswers,
  type DraftField,
  type FieldsDraft,
  type IgnoredField,
  type UpdateType,
  wrongAnswer,
} from './draft-types.ts';
import { fieldContent } from './field-content.ts';
import { valueDraft } from './value-draft.ts';

/** The fields of an update as columns. Errors: USAGE for answers about fields that are not there, or that no field can take. */
export function draftFields(catalog: FeedCatalog, update: UpdateType, answers: DraftAnswers): FieldsDraft {
  const declared = update.message.field ?? [];
  const names = declared.map(({ name = '' }) => name);
  requireKnown(names, update.name, answers);
  const columns = createColumnNames(names);
  const fields: DraftField[] = [];
  const ignored: IgnoredField[] = [];
  const optional = new Set<string>();
  for (const field of declared) {
    const path = field.name ?? '';
    const draft = draftField(catalog, update, field, answers);
    if ('why' in draft) {
      ignored.push({ path, ...draft });
      continue;
    }
    if (draft.isOptional === true) optional.add(`${update.name}.${path}`);
    const { isOptional, ...value } = draft;
    fields.push({ path, to: columns.get(path) ?? path, ...value });
  }
  const [unfit] = (answers.key ?? []).filter((name) => !fields.some(({ path }) => path === name));
  if (unfit !== undefined) throw wrongAnswer(`--key: ${unfit} goes into no column`, 'name another field');
  return { fields, ignored, optional };
}

function draftField(catalog: FeedCatalog, update: UpdateType, field: FieldDescriptor, answers: DraftAnswers) {
  if (isDelimited(field, update.syntax)) return { why: 'a group, which is not read', isLeftOut: true };
  const content = fieldContent(catalog, update, field);
  const isKey = answers.key?.includes(field.name ?? '') === true;
  const name = field.name ?? '';
  return valueDraft(content, { name, isKey, unit: answers.times?.[name], decimal: answers.decimals?.[name] });
}

function requireKnown(
  names: readonly string[],
  update: string,
  { key = [], times = {}, decimals = {} }: DraftAnswers,
): void {
  const asked = { '--key': key, '--time': Object.keys(times), '--decimal': Object.keys(decimals) };
  for (const [flag, fields] of Object.entries(asked)) {
    for (const name of fields) {
      if (names.includes(name)) continue;
      throw wrongAnswer(
        `${flag}: ${name} is no field of ${update}${didYouMean(name, names)}`,
        `fields: ${names.join(', ')}`,
      );
    }
  }
}
