import { sinkRule } from '../rule.ts';

export const deadLetterRisk = sinkRule({
  id: 'DEAD_LETTER_RISK',
  what: 'No record goes to a dead letter topic unless the definition says so; then the check states the risk.',
  why: 'While the registry is down and the converter has not cached the schema, every healthy record goes to the dead letter topic and offsets move on.',
  *check({ config, connector, placeOf }) {
    const topic = config['errors.deadletterqueue.topic.name'] ?? '';
    if (config['errors.tolerance'] !== 'all' || topic === '') return;
    yield {
      path: `${connector}.errors.deadletterqueue.topic.name`,
      places: [placeOf('errors.tolerance')],
      message: `undecodable records go to ${topic}; so does every healthy record while the registry is down and its schema not cached (tens of thousands in seconds)`,
      remedy:
        'alert on that topic and replay it after an outage of the registry; onUndecodable: fail stops the task instead and loses nothing',
      severity: 'note',
    };
  },
});
