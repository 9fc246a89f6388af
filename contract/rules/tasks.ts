import type { Rule } from '../rule.ts';

export const tasks: Rule = {
  id: 'TASKS',
  what: 'tasks.max is at least one and at most the number of partitions.',
  why: 'A task without a partition idles and holds a database connection.',
  *check({ sinks, stream }) {
    for (const sink of sinks) {
      const value = Number(sink.config['tasks.max'] ?? '1');
      if (value >= 1 && value <= stream.topic.partitions) continue;
      yield {
        path: `${sink.connector}.tasks.max`,
        places: [sink.placeOf('tasks.max')],
        message: `tasks.max ${value} with ${stream.topic.partitions} partitions: ${value < 1 ? 'nothing is written' : 'the others idle'}`,
        remedy: `make it 1 to ${stream.topic.partitions}`,
      };
    }
  },
};
