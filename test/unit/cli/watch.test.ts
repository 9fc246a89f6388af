import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { type CliContext, createContext } from '../../../cli/context.ts';
import { jsonLine, watch } from '../../../cli/watch.ts';

function screen(isTty: boolean): { context: CliContext; end: AbortController; written: () => string } {
  let text = '';
  const end = new AbortController();
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const parts = { env: {}, cwd: '/', stdout, stderr: stdout, isTty, signal: end.signal, setExitCode: () => {} };
  return { context: createContext(parts), end, written: () => text };
}

/** Looks that end the watch with the last of them. */
function looks(end: AbortController, ...all: string[][]): () => Promise<string[]> {
  return async () => {
    const lines = all.shift() ?? [];
    if (all.length === 0) setImmediate(() => end.abort());
    return lines;
  };
}

test('without a terminal each look is a block headed by its time', async () => {
  const { context, end, written } = screen(false);
  await watch(context, { everyMs: 1, bare: false }, looks(end, ['lag 2'], ['lag 0']));
  expect(written()).toMatch(/^\d{4}-\S+Z\nlag 2\n\n\d{4}-\S+Z\nlag 0\n\n/);
});

test('a terminal is drawn over, and lines that got shorter leave nothing behind', async () => {
  const { context, end, written } = screen(true);
  await watch(context, { everyMs: 1, bare: false }, looks(end, ['lag 200', 'failed'], ['lag 0']));
  const [, first = '', second = ''] = written().split('\u001b[H');
  expect(first).toContain('lag 200\u001b[K\nfailed\u001b[K\n\u001b[J');
  expect(second).toContain('lag 0\u001b[K\n\u001b[J');
});

test('machines get bare lines, also on a terminal', async () => {
  const { context, end, written } = screen(true);
  await watch(context, { everyMs: 1, bare: true }, looks(end, [jsonLine({ lag: 2n })]));
  expect(written()).toBe('{"lag":"2"}\n');
});

test('Ctrl-C ends it at once, also in the middle of a look', async () => {
  const { context, end, written } = screen(false);
  const watching = watch(context, { everyMs: 60_000, bare: false }, () => {
    end.abort();
    return new Promise(() => {});
  });
  await watching;
  expect(written()).toBe('');
});
