import { expect, test } from 'vitest';
import { showAgain } from '../../../cli/show-again.ts';
import { capturedContext } from '../../support/captured-context.ts';

/** Looks that end the watch with the last of them. */
function looks(interrupt: () => void, ...all: string[][]): () => Promise<string[]> {
  return async () => {
    const lines = all.shift() ?? [];
    if (all.length === 0) setImmediate(() => interrupt());
    return lines;
  };
}

const same = (lines: string[]): string[] => lines;

test('without a terminal each look is a block headed by its time', async () => {
  const { context, said, interrupt } = capturedContext();
  await showAgain(context, 1, looks(interrupt, ['lag 2'], ['lag 0']), same);
  expect(said.stdout).toMatch(/^\d{4}-\S+Z\nlag 2\n\n\d{4}-\S+Z\nlag 0\n\n/);
});

test('a terminal is drawn over, and lines that got shorter leave nothing behind', async () => {
  const { context, said, interrupt } = capturedContext({ isTty: true });
  await showAgain(context, 1, looks(interrupt, ['lag 200', 'failed'], ['lag 0']), same);
  const [, first = '', second = ''] = said.stdout.split('\u001b[H');
  expect(first).toContain('lag 200\u001b[K\nfailed\u001b[K\n\u001b[J');
  expect(second).toContain('lag 0\u001b[K\n\u001b[J');
});

test('machines get one line of JSON, also on a terminal', async () => {
  const { context, said, interrupt } = capturedContext({ isTty: true });
  context.format = 'json';
  const look = async () => {
    setImmediate(() => interrupt());
    return { lag: 2n };
  };
  await showAgain(context, 60_000, look, () => ['lag 2']);
  expect(said.stdout).toBe('{"lag":"2"}\n');
});

test('Ctrl-C ends it at once, also in the middle of a look', async () => {
  const { context, said, interrupt } = capturedContext();
  const look = (): Promise<string[]> => {
    interrupt();
    return new Promise(() => {});
  };
  await showAgain(context, 60_000, look, same);
  expect(said.stdout).toBe('');
});
