import type { Admin } from 'kafkajs';
import { expect, test } from 'vitest';
import { ensureTopics } from '../../../connectors/topics.ts';
import { positions } from '../../support/positions-stream.ts';

test('a topic that not every broker knows of yet is waited for', async () => {
  const looks: string[] = [];
  const admin = {
    listTopics: async () => [],
    createTopics: async () => true,
    fetchTopicMetadata: async ({ topics: [name = ''] }: { topics: string[] }) => {
      looks.push(name);
      const turn = looks.filter((one) => one === name).length;
      if (turn === 1) throw new Error('This server does not host this topic-partition');
      const partitions = Array.from({ length: name === 'positions' ? 4 : 1 }, () => ({ leader: turn === 2 ? -1 : 1 }));
      return { topics: [{ name, partitions }] };
    },
  } as unknown as Admin;
  const outcomes = await ensureTopics(admin, positions, 1);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created', 'created']);
  expect(looks.filter((name) => name === 'positions.dlq')).toHaveLength(3);
});
