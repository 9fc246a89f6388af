import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { meaningfulLines, readEnd } from '../../../stack/log-tail.ts';
import { followLog, lastLines } from '../../../stack/part-log.ts';
import { scratchFolder } from '../../support/scratch.ts';

const FAILED_START = `2026-01-01T00:00:00.000Z INFO  KafkaServer - starting
2026-01-01T00:00:01.000Z ERROR KafkaServer - Fatal error during startup
org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:9092: Address already in use.
	at kafka.network.Acceptor.openServerSocket(SocketServer.scala:733)
	at kafka.network.Acceptor.start(SocketServer.scala:634)
Caused by: java.net.BindException: Address already in use
	at java.base/sun.nio.ch.Net.bind0(Native Method)
	... 16 more
2026-01-01T00:00:01.100Z INFO  KafkaServer - shutting down
`;

describe('the meaningful lines of a log', () => {
  it('are the errors and their causes, without stack frames and without what went well', () => {
    expect(meaningfulLines(FAILED_START, 5)).toEqual([
      '2026-01-01T00:00:01.000Z ERROR KafkaServer - Fatal error during startup',
      'org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:9092: Address already in use.',
      'Caused by: java.net.BindException: Address already in use',
    ]);
  });

  it('keep the root cause when there is room for one line only', () => {
    expect(meaningfulLines(FAILED_START, 1)).toEqual(['Caused by: java.net.BindException: Address already in use']);
  });

  it('are simply the last ones when nothing looks like a problem', () => {
    expect(meaningfulLines('a\nb\n\nc\n', 2)).toEqual(['b', 'c']);
  });

  it('are PostgreSQL’s too', () => {
    const log = 'LOG:  starting PostgreSQL\nFATAL:  data directory "/x" has invalid permissions\n';
    expect(meaningfulLines(log, 5)).toEqual(['FATAL:  data directory "/x" has invalid permissions']);
  });
});

describe('the end of a file', () => {
  it('begins with a whole line', () => {
    const file = join(scratchFolder(), 'x.log');
    writeFileSync(file, 'first line\nsecond\nthird\n');
    expect(readEnd(file, 10)).toBe('third\n');
    expect(readEnd(file, 1000)).toBe('first line\nsecond\nthird\n');
  });

  it('is empty when there is no file', () => {
    expect(readEnd(join(scratchFolder(), 'none.log'), 10)).toBe('');
  });
});

describe('the log of a part', () => {
  function projectWithLog(text: string) {
    const root = scratchFolder();
    const logs = join(root, '.connect', 'logs');
    mkdirSync(logs, { recursive: true });
    writeFileSync(join(logs, 'kafka.log'), text);
    return { root, log: join(logs, 'kafka.log'), printed: join(logs, 'kafka.out') };
  }

  it('is shown from its end, after what the process itself has printed', () => {
    const { root, printed } = projectWithLog('one\ntwo\nthree\n');
    writeFileSync(printed, 'Error: could not create the Java Virtual Machine\n');
    expect(lastLines(root, 'kafka', 2)).toEqual(['two', 'three']);
    expect(lastLines(root, 'kafka', 10)).toEqual([
      'Error: could not create the Java Virtual Machine',
      'one',
      'two',
      'three',
    ]);
  });

  it('is missing with a word on what to do when the part was never started', () => {
    const { root } = projectWithLog('');
    expect(() => lastLines(root, 'connect', 10)).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND', hint: expect.stringContaining('connect up') }),
    );
  });

  it('is followed as it grows, also across a rotation and a character written in two pieces', async () => {
    const { root, log } = projectWithLog('old\n');
    const abort = new AbortController();
    let seen = '';
    let expected = '';
    let arrived = () => {};
    const waitFor = (text: string) =>
      new Promise<void>((resolve) => {
        expected = text;
        arrived = resolve;
        if (seen === text) resolve();
      });
    const done = followLog(
      root,
      'kafka',
      (text) => {
        seen += text;
        if (seen === expected) arrived();
      },
      abort.signal,
    );
    const euro = Buffer.from('€\n');
    appendFileSync(log, Buffer.concat([Buffer.from('new '), euro.subarray(0, 1)]));
    await waitFor('new ');
    appendFileSync(log, euro.subarray(1));
    await waitFor('new €\n');
    renameSync(log, `${log}.1`);
    writeFileSync(log, 'r\n');
    await waitFor('new €\nr\n');
    abort.abort();
    await done;
  });
});
