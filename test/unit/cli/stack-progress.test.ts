import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createContext } from '../../../cli/context.ts';
import { createStackProgress } from '../../../cli/stack-progress.ts';

function contextWith(isTty: boolean) {
  let text = '';
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const context = createContext({
    env: {},
    cwd: '/',
    stdout: stderr,
    stderr,
    isTty,
    signal: new AbortController().signal,
    setExitCode() {},
  });
  return { context, text: () => text };
}

describe('the progress of the stack', () => {
  it('is a line for each step without a terminal, and no more than five for a download', async () => {
    const { context, text } = contextWith(false);
    const { onEvent, close } = await createStackProgress(context);
    for (let done = 0; done <= 230e6; done += 1e6) onEvent({ kind: 'download', doneBytes: done, totalBytes: 230e6 });
    onEvent({ kind: 'part', part: 'kafka', state: 'starting' });
    onEvent({ kind: 'part', part: 'kafka', state: 'ready', pid: 7, tookMs: 4_210 });
    onEvent({ kind: 'part', part: 'registry', state: 'restarting', reason: 'its settings have changed' });
    onEvent({ kind: 'note', message: 'a note' });
    close();
    expect(text().trimEnd().split('\n')).toEqual([
      'download   0 of 230 MB',
      'download   58 of 230 MB',
      'download   115 of 230 MB',
      'download   173 of 230 MB',
      'download   230 of 230 MB',
      'kafka      starting',
      'kafka      ready (pid 7, 4.2 s)',
      'registry   restarting (its settings have changed)',
      'a note',
    ]);
  });
});
