import { describe, expect, it } from 'vitest';
import { type Message, notAnswered } from '../../../../producer/kafka/sender.ts';

const message = (partition: number, text: string): Message => ({ partition, value: Buffer.from(text) });

describe('what no broker has answered for', () => {
  const sent = new Map([
    ['positions', [message(0, 'a'), message(1, 'b'), message(0, 'c')]],
    ['positions.rejected', [message(0, 'd')]],
  ]);

  it('is nothing when every partition was answered', () => {
    expect(notAnswered(sent, new Set(['positions/0', 'positions/1', 'positions.rejected/0'])).size).toBe(0);
  });

  it('is all of the partitions left out, in their order', () => {
    const left = notAnswered(sent, new Set(['positions/1', 'positions.rejected/0']));
    expect([...left]).toEqual([['positions', [message(0, 'a'), message(0, 'c')]]]);
  });
});
