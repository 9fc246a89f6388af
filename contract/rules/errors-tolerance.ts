import type { Rule } from '../rule.ts';

export const errorsTolerance: Rule = {
  id: 'ERRORS_TOLERANCE',
  what: 'errors.tolerance is none, or all together with a dead letter topic.',
  why: '`all` without a dead letter topic drops each record that does not decode, without a trace.',
  *check({ sinks, stream }) {
    for (const sink of sinks) {
      if (sink.config['errors.tolerance'] !== 'all') continue;
      if ((sink.config['errors.deadletterqueue.topic.name'] ?? '') !== '') continue;
      yield {
        path: `${sink.connector}.errors.tolerance`,
        places: [sink.placeOf('errors.tolerance')],
        message: `errors.tolerance all without a dead letter topic: ${stream.topic.name} would lose records silently`,
        remedy: 'leave it none (default), or choose sink.onUndecodable: dlq, which sets both',
      };
    }
  },
};
