import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FeedMessage, FeedSettings } from './feed.ts';

export interface FeedProcess {
  /** `host:port`. */
  readonly address: string;
  /** When each update went out, in the workload's order: milliseconds since the epoch. Resolves once all are sent. */
  readonly times: Promise<Float64Array>;
  close(): Promise<void>;
}

export async function startFeed(settings: FeedSettings): Promise<FeedProcess> {
  const child = fork(join(import.meta.dirname, 'feed.js'), [], { execArgv: [], serialization: 'advanced' });
  const listening = new Promise<string>((resolve, reject) => {
    child.on('message', (message: FeedMessage) => message.kind === 'listening' && resolve(message.address));
    child.once('exit', () => reject(new Error('the feed ended before it listened')));
  });
  const times = new Promise<Float64Array>((resolve) => {
    child.on('message', (message: FeedMessage) => message.kind === 'sent' && resolve(message.times));
  });
  child.send(settings);
  return {
    address: await listening,
    times,
    async close() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
