import { describe, expect, it, onTestFinished } from 'vitest';
import type { Feed } from '../../../../producer/adapter/feed.ts';
import { testFeed } from '../../../../producer/adapter/test-feed.ts';
import { counting } from '../../../support/counting-feed.ts';

describe('the tests for a feed of one’s own', () => {
  const position = { kind: 'slot', field: 'seq' } as const;

  it('pass a feed that keeps its promises', async () => {
    const findings = await testFeed({ open: () => counting({ health: async () => 'well' }), position });
    expect(findings.length).toBeGreaterThan(7);
    expect(findings.filter(({ broken }) => broken !== undefined)).toEqual([]);
  });

  const broken: [string, () => Feed, RegExp][] = [
    [
      'has a slot that is no number',
      () =>
        counting({
          async *read() {
            for (let i = 0; i < 30; i += 1) yield { update: { seq: `s${i}` } };
          },
        }),
      /has its slot at seq: update 1 has none: it needs a whole number$/m,
    ],
    [
      'sends on after its signal',
      () =>
        counting({
          async *read() {
            for (let seq = 1; ; seq += 1) yield { update: { seq } };
          },
        }),
      /ends within 500 ms of its signal: it went on/,
    ],
    [
      'waits on after its signal',
      () =>
        counting({
          async *read() {
            for (let seq = 1; seq < 30; seq += 1) yield { update: { seq } };
            await new Promise(() => {});
          },
        }),
      /ends within 500 ms of its signal: it went on/,
    ],
    ['sends too little', () => counting({}, 3), /sends 20 updates in 500 ms: it sent 3/],
    [
      'yields strange things',
      () =>
        counting({
          async *read() {
            yield 7 as never;
          },
        }),
      /alone: it yields 7/,
    ],
    [
      'has no position',
      () =>
        counting({
          async *read() {
            for (let i = 0; i < 30; i += 1) yield { update: { id: `t${i}` } };
          },
        }),
      /has its slot at seq: update 1 has none/,
    ],
    [
      'goes back',
      () =>
        counting({
          async *read() {
            for (let i = 30; i > 0; i -= 1) yield { update: { seq: i } };
          },
        }),
      /does not fall: 29 comes after 30/,
    ],
    [
      'ignores where to go on',
      () =>
        counting({
          async *read({ resume }) {
            for (let i = resume === undefined ? 1 : 40; i < 90; i += 1) yield { update: { seq: i } };
          },
        }),
      /goes on from a slot, leaving out nothing: asked for 11, it began at 40/,
    ],
    [
      'leaves out the slot itself',
      () =>
        counting({
          async *read({ resume }) {
            for (let i = Number(resume ?? 0) + 1; i < 90; i += 1) yield { update: { seq: i } };
          },
        }),
      /a slot is sent whole again/,
    ],
    [
      'says a wrong window',
      () => counting({ replayWindow: async () => ({ earliest: '0', latest: '0' }) }),
      /replay window holds what it has sent: it ends at 0, and 1 was sent/,
    ],
    [
      'throws',
      () =>
        counting({
          // biome-ignore lint/correctness/useYield: it breaks before its first message.
          async *read() {
            throw new Error('boom');
          },
        }),
      /it throws: boom/,
    ],
    ['has a health that is no text', () => counting({ health: async () => 7 as never }), /health\(\) is no text/],
  ];
  it.each(broken)('find a feed that %s', async (_what, open, message) => {
    await expect(testFeed({ open, position, timeoutMs: 500 })).rejects.toThrow(message);
  });

  it('find a feed that can be read once only', async () => {
    let reads = 0;
    const open = () =>
      counting({
        async *read(from) {
          reads += 1;
          if (reads <= 2) yield* counting().read(from);
        },
      });
    await expect(testFeed({ open, position, timeoutMs: 500 })).rejects.toThrow(/can be read again: it sent nothing/);
    onTestFinished(() => expect(reads).toBe(3));
  });
});
