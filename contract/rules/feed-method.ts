import { didYouMean } from '../../pipeline/did-you-mean.ts';
import type { FeedDefinition } from '../../pipeline/feed.ts';
import type { Path } from '../../pipeline/yaml-file.ts';
import type { Feed, FeedField } from '../feed.ts';
import { scalarType } from '../mapped-fields.ts';
import type { Rule } from '../rule.ts';

/** What is wrong at one place of the definition. */
interface Fault {
  readonly path: Path;
  readonly text: string;
  readonly remedy: string;
}

export const feedMethod: Rule = {
  id: 'FEED_METHOD',
  what: 'feed.method streams messages that hold the update where feed.update says; request, leave and position name fields that fit.',
  why: 'The producer cannot ask the feed, rejects every message, or cannot go on where it stopped.',
  *check({ feed, stream, definition }) {
    if (feed?.service === undefined || stream.feed?.method === undefined) return;
    for (const { path, text, remedy } of faults(feed, stream.feed)) {
      const place = definition.placeOf(['feed', ...path]);
      yield {
        path: `${stream.name}.feed.${path.join('.')}`,
        places: [place, feed.call?.place ?? place],
        message: `feed.${path[0]}: ${text}`,
        remedy,
      };
    }
  },
};

function* faults(feed: Feed, definition: FeedDefinition): Generator<Fault> {
  const { call, service } = feed;
  const { method = '', update, leave } = definition;
  if (call === undefined) {
    const names = service?.methods.map(({ name }) => name) ?? [];
    const text = `${service?.name} has no method ${method}${didYouMean(method, names)}`;
    yield { path: ['method'], text, remedy: `methods there: ${names.join(', ') || 'none'}` };
    return;
  }
  const isPolled = definition.pollSeconds !== undefined;
  if (call.requestStream || (!isPolled && !call.responseStream)) {
    yield {
      path: ['method'],
      text: `${method} must take one request and return a stream`,
      remedy: `name a method that streams${call.requestStream ? '' : ', or ask this one again and again: feed.pollSeconds'}`,
    };
    return;
  }
  if (isPolled && call.responseStream) {
    yield { path: ['pollSeconds'], text: `${method} streams by itself`, remedy: 'remove feed.pollSeconds' };
    return;
  }
  if (feed.update === undefined) {
    const text = feed.at?.problem ?? `${update ?? call.responseType} is no message`;
    yield {
      path: [update === undefined ? 'method' : 'update'],
      text,
      remedy: 'name the field of the answer that holds the update',
    };
    return;
  }
  yield* unnamedMembers(feed, leave);
  yield* requestFaults(feed, definition);
  yield* positionFaults(feed, definition);
}

/** Every other member of the update's oneof is left out by name: what nobody knows of would be rejected. */
function* unnamedMembers({ call, at, resolve }: Feed, leave: readonly string[]): Generator<Fault> {
  for (const [index, path] of leave.entries()) {
    const { field, problem } = resolve(call?.answer, path);
    if (problem === undefined && field?.oneof !== undefined) continue;
    yield { path: ['leave', index], text: problem ?? `${path} is no member of a oneof`, remedy: 'remove the entry' };
  }
  const member = at?.steps.length === 1 ? at.field : undefined;
  if (member?.oneof === undefined) return;
  for (const other of call?.answer?.fields ?? []) {
    if (other === member || other.oneof !== member.oneof || leave.includes(other.name)) continue;
    const text = `a message with ${other.name}, the other member of ${member.oneof}, would be rejected`;
    yield { path: ['update'], text, remedy: `list ${other.name} in feed.leave` };
  }
}

const NUMBER = /^(s?fixed|u?int|sint)(32|64)$|^(float|double)$/;
const WHOLE = /^(s?fixed|u?int|sint)(32|64)$/;

function* requestFaults({ request, resolve }: Feed, definition: FeedDefinition): Generator<Fault> {
  for (const [path, value] of Object.entries(definition.request)) {
    const { field, problem } = resolve(request, path);
    const text = problem ?? (field && constantFault(field, value));
    if (text !== undefined) yield { path: ['request', path], text, remedy: 'correct the entry' };
  }
}

function constantFault(
  { name, type, cardinality, enum: values }: FeedField,
  value: string | number | boolean,
): string | undefined {
  if (cardinality !== 'single') return `${name} is a list, and a constant is one value`;
  if (values !== undefined) {
    const names = values.values.map((one) => one.name);
    return names.includes(String(value))
      ? undefined
      : `${value} is no value of ${type}${didYouMean(String(value), names)}`;
  }
  if (type === 'string') return typeof value === 'string' ? undefined : `${name} is text; write ${value} in quotes`;
  if (type === 'bool') return typeof value === 'boolean' ? undefined : `${name} is true or false`;
  const fits = NUMBER.test(type) && (WHOLE.test(type) ? /^-?\d+$/ : /^-?[\d.]+$/).test(String(value));
  return fits ? undefined : `${name} is ${type}, and ${JSON.stringify(value)} is not`;
}

function* positionFaults(feed: Feed, { position }: FeedDefinition): Generator<Fault> {
  if (position === undefined || position.kind === 'none') return;
  const sent = feed.resolve(feed.update, position.field);
  const asked = feed.resolve(feed.request, position.request);
  const isText = sent.field !== undefined && scalarType(sent.field) === 'string';
  const fits =
    sent.field !== undefined &&
    sent.field.cardinality === 'single' &&
    (WHOLE.test(scalarType(sent.field)) || (isText && position.kind === 'cursor'));
  if (!fits) {
    const text =
      sent.problem ??
      `${position.field} is ${sent.field?.type}; a ${position.kind} is a whole number${position.kind === 'cursor' ? ' or text' : ''}`;
    yield { path: ['position', 'field'], text, remedy: 'name the field of the update that holds it' };
  }
  const takes =
    asked.field?.cardinality === 'single' &&
    (isText ? asked.field.type === 'string' : WHOLE.test(asked.field.type) || asked.field.type === 'string');
  if (!takes) {
    const text =
      asked.problem ?? `${position.request} is ${asked.field?.type}, which does not take a ${position.kind} back`;
    yield { path: ['position', 'request'], text, remedy: 'name the field of the request that takes it back' };
  }
}
