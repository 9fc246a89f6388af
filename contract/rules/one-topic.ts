import { sinkRule } from '../rule.ts';

export const oneTopic = sinkRule({
  id: 'ONE_TOPIC',
  what: "The sink reads the stream's topic and no other.",
  why: 'Records of another topic would be written into the same table, or fail the task.',
  *check({ config, at }, { stream }) {
    for (const [key, value] of [
      ['topics', config.topics ?? ''],
      ['topics.regex', config['topics.regex'] ?? ''],
    ] as const) {
      if (key === 'topics' ? value === stream.topic.name : value === '') continue;
      yield {
        ...at(key),
        message: `${key} ${value} is not the stream's topic ${stream.topic.name}`,
        remedy: 'remove the setting: it follows topic.name',
      };
    }
  },
});
