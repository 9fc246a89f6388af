import { didYouMean } from '../../pipeline/did-you-mean.ts';
import type { Place } from '../../pipeline/finding.ts';
import type { FeedMethod, FeedService } from '../feed.ts';
import type { Rule } from '../rule.ts';

export const feedService: Rule = {
  id: 'FEED_SERVICE',
  what: 'The proto has the service; without feed.method it has Subscribe, streaming a oneof `message` of update, slot and ping, and GetReplayInfo.',
  why: 'The producer cannot read the feed: it has no code for any stream in particular.',
  *check({ feed, stream, definition }) {
    if (feed === undefined || stream.feed === undefined) return;
    const { service } = stream.feed;
    for (const { name, place } of feed.missingImports) {
      yield {
        path: name,
        places: [place],
        message: `import "${name}": no such file beside ${place.file} or in the project's folder`,
        remedy: 'correct the path, or put the file there',
      };
    }
    // What the file should have declared is missing everywhere below.
    if (feed.missingImports.length > 0) return;
    if (feed.service === undefined) {
      yield {
        path: service,
        places: [definition.placeOf(['feed', 'service'])],
        message: `${feed.file} has no service ${service}${didYouMean(service, feed.services)}`,
        remedy: `services there: ${feed.services.join(', ') || 'none'}`,
      };
      return;
    }
    if (stream.feed.method !== undefined) return;
    for (const { name, place, text } of problems(feed.service)) {
      yield {
        path: name,
        places: [place, definition.placeOf(['feed', 'service'])],
        message: text,
        remedy:
          'Subscribe(SubscribeRequest) returns (stream M), where M is `oneof message { <update> update; SlotNotice slot; Ping ping; }`; GetReplayInfo(GetReplayInfoRequest) returns (GetReplayInfoResponse)',
      };
    }
  },
};

/** What is wrong with what. */
interface Fault {
  readonly name: string;
  readonly place: Place;
  readonly text: string;
}

function* problems(service: FeedService): Generator<Fault> {
  const methodOf = (name: string): FeedMethod | undefined => service.methods.find((method) => method.name === name);
  const subscribe = methodOf('Subscribe');
  const replayInfo = methodOf('GetReplayInfo');
  const undeclared = [subscribe, replayInfo].flatMap((method) => (method === undefined ? [] : undeclaredTypes(method)));
  if (undeclared[0] !== undefined) {
    const { name, place } = undeclared[0];
    const types = [...new Set(undeclared.map(({ type }) => type))];
    const are = types.length === 1 ? 'is' : 'are';
    yield { name, place, text: `${types.join(', ')} ${are} declared in no file; is an import missing?` };
    return;
  }
  for (const [name, method] of Object.entries({ Subscribe: subscribe, GetReplayInfo: replayInfo })) {
    if (method !== undefined) continue;
    yield { name: `${service.name}.${name}`, place: service.place, text: `${service.name} has no method ${name}` };
  }
  if (subscribe !== undefined) yield* streamProblems(service, subscribe);
  if (replayInfo?.responseStream || replayInfo?.requestStream) {
    const name = `${service.name}.GetReplayInfo`;
    yield { name, place: replayInfo.place, text: `${name} must take one request and return one answer` };
  }
}

/** Types of a method, and of the fields of what it answers, that no file declares. */
function undeclaredTypes({
  name,
  place,
  undeclared,
  answer,
}: FeedMethod): { name: string; place: Place; type: string }[] {
  const fields = answer?.fields.filter(({ isDeclared }) => !isDeclared) ?? [];
  return [
    ...undeclared.map((type) => ({ name, place, type })),
    ...fields.map((field) => ({ name: field.fullName, place: field.place, type: field.type })),
  ];
}

function* streamProblems(
  service: FeedService,
  { place, requestStream, responseStream, responseType, answer }: FeedMethod,
): Generator<Fault> {
  const name = `${service.name}.Subscribe`;
  if (!responseStream || requestStream)
    yield { name, place, text: `${name} must take one request and return a stream` };
  for (const wanted of ['update', 'slot', 'ping']) {
    const field = answer?.fields.find((candidate) => candidate.name === wanted);
    if (field === undefined) {
      yield { name: responseType, place: answer?.place ?? place, text: `${responseType} has no field ${wanted}` };
    } else if (field.oneof !== 'message' || !field.isMessage) {
      const text = `${field.fullName} must be a message in the oneof \`message\``;
      yield { name: field.fullName, place: field.place, text };
    }
  }
}
