import { describe, expect, it } from 'vitest';
import { createStackProgress } from '../../../../cli/render/stack.ts';
import { capturedContext } from '../../../support/captured-context.ts';

describe('the progress of the stack', () => {
  it('is a line for each step without a terminal, and no more than five for a download', () => {
    const { context, said } = capturedContext();
    const { onEvent, close } = createStackProgress(context);
    for (let done = 0; done <= 230e6; done += 1e6) onEvent({ kind: 'download', doneBytes: done, totalBytes: 230e6 });
    onEvent({ kind: 'part', part: 'kafka', state: 'starting' });
    onEvent({ kind: 'part', part: 'kafka', state: 'ready', pid: 7, tookMs: 4_210 });
    onEvent({ kind: 'part', part: 'registry', state: 'restarting', reason: 'its settings have changed' });
    onEvent({ kind: 'note', message: 'a note' });
    close();
    expect(said.stderr.trimEnd().split('\n')).toEqual([
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

  it('is a bar on a terminal, drawn over until the download is done', () => {
    const { context, said } = capturedContext({ isTty: true });
    const { onEvent, close } = createStackProgress(context);
    for (let done = 0; done <= 230e6; done += 115e6) onEvent({ kind: 'download', doneBytes: done, totalBytes: 230e6 });
    onEvent({ kind: 'part', part: 'kafka', state: 'starting' });
    close();
    expect(said.stderr.split('\r\u001b[2K')).toEqual([
      '',
      'download   [------------------------------] 0%  0 of 230 MB',
      'download   [===============---------------] 50%  115 of 230 MB',
      'download   [==============================] 100%  230 of 230 MB\nkafka      starting\n',
    ]);
  });
});
