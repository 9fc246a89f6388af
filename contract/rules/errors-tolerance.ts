import { sinkRule } from '../rule.ts';

export const errorsTolerance = sinkRule({
  id: 'ERRORS_TOLERANCE',
  what: 'errors.tolerance is none, or all together with a dead letter topic.',
  why: '`all` without a dead letter topic drops each record that does not decode, without a trace.',
  *check({ config, at }, { stream }) {
    if (config['errors.tolerance'] !== 'all') return;
    if ((config['errors.deadletterqueue.topic.name'] ?? '') !== '') return;
    yield {
      ...at('errors.tolerance'),
      message: `errors.tolerance all without a dead letter topic: ${stream.topic.name} would lose records silently`,
      remedy: 'leave it none (default), or choose sink.onUndecodable: dlq, which sets both',
    };
  },
});
