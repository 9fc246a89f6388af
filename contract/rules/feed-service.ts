import { didYouMean } from '../../pipeline/did-you-mean.ts';
import type { Place } from '../../pipeline/finding.ts';
import type { FeedMethod, FeedService } from '../feed.ts';
import type { Rule } from '../rule.ts';

export const feedService: Rule = {
  id: 'FEED_SERVICE',
  what: 'The proto has the service, with Subscribe streaming a oneof `message` of update, slot and ping, and GetReplayInfo.',
  why: 'The producer cannot read the feed: it has no code for any stream in particular.',
  *check({ feed, stream, definition }) {
    const { service } = stream.feed;
    if (feed.service === undefined) {
      yield {
        path: service,
        places: [definition.placeOf(['feed', 'service'])],
        message: `${feed.file} has no service ${service}${didYouMean(service, feed.services)}`,
        remedy: `services there: ${feed.services.join(', ') || 'none'}`,
      };
      return;
    }
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
