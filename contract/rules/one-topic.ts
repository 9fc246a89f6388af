import type { Rule } from '../rule.ts';

export const oneTopic: Rule = {
  id: 'ONE_TOPIC',
  what: "The sink reads the stream's topic and no other.",
  why: 'Records of another topic would be written into the same table, or fail the task.',
  *check({ sinks, stream }) {
    for (const sink of sinks) {
      for (const [key, value] of [
        ['topics', sink.config.topics ?? ''],
        ['topics.regex', sink.config['topics.regex'] ?? ''],
      ] as const) {
        if (key === 'topics' ? value === stream.topic.name : value === '') continue;
        yield {
          path: `${sink.connector}.${key}`,
          places: [sink.placeOf(key)],
          message: `${key} ${value} is not the stream's topic ${stream.topic.name}`,
          remedy: 'remove the setting: it follows topic.name',
        };
      }
    }
  },
};
