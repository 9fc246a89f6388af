import { didYouMean } from '../../../pipeline/did-you-mean.ts';
import type { PositionDefinition, PositionKind } from '../../../pipeline/feed.ts';
import { bare, type DescribedMethod, type FeedCatalog } from '../../../producer/feed/inspect/catalog.ts';
import type { FieldDescriptor } from '../../../producer/feed/inspect/descriptor.ts';
import { isRepeated, SCALARS } from '../../../producer/feed/inspect/field-shape.ts';
import { type PositionAnswer, type UpdateType, wrongAnswer } from './draft-types.ts';

/** Where the update sits in an answer. */
export interface UpdatePlace {
  /** Undefined: the answer is the update. */
  readonly path: string | undefined;
  readonly type: UpdateType;
  /** Other members of its oneof. */
  readonly leave: readonly string[];
  /** Why it is this one, where nobody said so. */
  readonly note?: string | undefined;
}

/** The answer itself, as `--update` says it. */
export const WHOLE_ANSWER = '.';

const messageOf = (catalog: FeedCatalog, name: string): UpdateType => {
  const type = catalog.types.get(name);
  if (type?.message !== undefined) return { name, message: type.message, syntax: type.syntax };
  throw wrongAnswer(`${name} is no message that the feed describes`, 'choose another method, or another --update');
};

/** Members of the answer's oneof that are messages: one of them is the update, and which one only a person knows. */
export function updateChoices(catalog: FeedCatalog, { answer }: DescribedMethod): readonly string[] {
  const fields = messageOf(catalog, answer).message.field ?? [];
  const members = fields.filter(
    ({ oneofIndex, proto3Optional }) => oneofIndex !== undefined && proto3Optional !== true,
  );
  if (members.length === 0 || members.length < fields.length) return [];
  return members
    .filter((field) => catalog.types.get(bare(field.typeName))?.message !== undefined)
    .map(({ name = '' }) => name);
}

/** Finds the update in a method's answer. Errors: USAGE for a path that leads to no message, or where only a person can choose. */
export function placeUpdate(catalog: FeedCatalog, method: DescribedMethod, said: string | undefined): UpdatePlace {
  const answer = messageOf(catalog, method.answer);
  const fields = answer.message.field ?? [];
  if (said === WHOLE_ANSWER) return { path: undefined, type: answer, leave: [] };
  if (said !== undefined) {
    const field = fieldAt(catalog, method.answer, said, '--update');
    const type = messageOf(catalog, bare(field.typeName));
    const isMember = !said.includes('.') && field.oneofIndex !== undefined;
    const others = fields.filter((one) => one.oneofIndex === field.oneofIndex && one.name !== field.name);
    return { path: said, type, leave: isMember ? others.map(({ name = '' }) => name) : [] };
  }
  const choices = updateChoices(catalog, method);
  if (choices.length > 1) {
    throw wrongAnswer(
      `${method.answer} holds one of several messages, and only you know which of them is the update`,
      `say --update with one of ${choices.join(', ')}; or ${WHOLE_ANSWER} for the answer as a whole`,
    );
  }
  const [only] = fields;
  const name = bare(only?.typeName);
  const isMap = catalog.types.get(name)?.message?.options?.mapEntry === true;
  if (fields.length === 1 && only !== undefined && catalog.types.get(name)?.message !== undefined && !isMap) {
    const note = `the only field of ${method.answer}${isRepeated(only) ? ': several updates in one message' : ''}`;
    return { path: only.name, type: messageOf(catalog, name), leave: [], note };
  }
  return { path: undefined, type: answer, leave: [] };
}

/** The field at a path through single messages. Errors: USAGE. */
function fieldAt(catalog: FeedCatalog, from: string, path: string, flag: string): FieldDescriptor {
  let type = from;
  let found: FieldDescriptor | undefined;
  for (const step of path.split('.')) {
    if (found !== undefined && isRepeated(found))
      throw wrongAnswer(`${flag}: ${found.name} is a list`, 'a path leads through single messages');
    const fields = catalog.types.get(type)?.message?.field ?? [];
    const names = fields.map(({ name = '' }) => name);
    found = fields.find(({ name }) => name === step);
    if (found === undefined)
      throw wrongAnswer(
        `${flag}: ${step} is no field of ${type}${didYouMean(step, names)}`,
        `fields: ${names.join(', ') || 'none'}`,
      );
    type = bare(found.typeName);
  }
  return found ?? {};
}

const WHOLE = /^(s?fixed|u?int|sint)(32|64)$/;
const LIKE_RESUME = /(^|_)(from|since|after|start|resume|cursor|offset|begin)(_|$)/i;

const fieldsOf = (catalog: FeedCatalog, message: string): readonly FieldDescriptor[] =>
  catalog.types.get(message)?.message?.field ?? [];

/** Of which kinds the position can be: a request without fields takes none back, and a method that answers once needs one. */
export const positionKinds = (catalog: FeedCatalog, { request, kind }: DescribedMethod): readonly PositionKind[] => [
  ...(fieldsOf(catalog, request).length > 0 ? (['slot', 'cursor'] as const) : []),
  ...(kind === 'unary' ? [] : (['none'] as const)),
];

/** How the feed is resumed. Errors: USAGE for fields that hold no position, or where the request's cannot be found; for none where a method answers once. */
export function placePosition(
  catalog: FeedCatalog,
  { request, method, kind: methodKind }: DescribedMethod,
  update: UpdateType,
  answer: PositionAnswer,
): PositionDefinition {
  const isPolled = methodKind === 'unary';
  const noWayBack = `${request} has no field that could, so ${isPolled ? 'this method cannot fill a stream' : 'the position is none'}`;
  if (answer.kind === 'none') {
    if (!isPolled) return answer;
    throw wrongAnswer(
      `${method} answers once and is asked again and again: without a position each answer would be taken anew`,
      fieldsOf(catalog, request).length === 0
        ? `choose another method: the request has to take the position back, and ${noWayBack}`
        : 'say --position slot=FIELD or cursor=FIELD, with the field of the request that takes it back behind a colon',
    );
  }
  const { kind, field } = answer;
  const sent = fieldAt(catalog, update.name, field, '--position');
  const type = SCALARS[sent.type ?? 0] ?? 'message';
  const isText = type === 'string' && kind === 'cursor';
  if (isRepeated(sent) || !(WHOLE.test(type) || isText)) {
    throw wrongAnswer(
      `--position: ${field} is ${isRepeated(sent) ? 'a list' : type}; a ${kind} is a whole number${kind === 'cursor' ? ' or text' : ''}`,
      isPolled ? 'name another field' : 'name another field, or none',
    );
  }
  const takes = (one: FieldDescriptor): boolean => {
    const scalar = SCALARS[one.type ?? 0] ?? '';
    return !isRepeated(one) && (isText ? scalar === 'string' : WHOLE.test(scalar) || scalar === 'string');
  };
  if (answer.request !== undefined) {
    if (takes(fieldAt(catalog, request, answer.request, '--position'))) return { kind, field, request: answer.request };
    throw wrongAnswer(
      `--position: ${answer.request} of ${request} does not take a ${kind} back`,
      `name a field of ${request} that does`,
    );
  }
  const fields = fieldsOf(catalog, request).filter(takes);
  const named = fields.filter(({ name = '' }) => name === field || LIKE_RESUME.test(name));
  const [found] = named;
  if (named.length === 1 && found?.name !== undefined) return { kind, field, request: found.name };
  throw wrongAnswer(
    `--position: which field of ${request} takes ${field} back is not plain`,
    fields.length === 0
      ? noWayBack
      : `say it: ${kind}=${field}:FIELD, one of ${fields.map(({ name }) => name).join(', ')}`,
  );
}
