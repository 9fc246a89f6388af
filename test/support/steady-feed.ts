import { setTimeout as sleep } from 'node:timers/promises';
import type { SinkFixture } from './sink-fixture.ts';

/** Sends good updates all the time, numbered from 0. */
export interface SteadyFeed {
  /** How many are in Kafka: those with smaller numbers. */
  sent(): number;
  /** Returns how many were sent. */
  stop(): Promise<number>;
}

const AT_ONCE = 20;
const EVERY_MS = 250;

export function startSteadyFeed(sink: SinkFixture): SteadyFeed {
  let sent = 0;
  let isStopped = false;
  const run = async (): Promise<void> => {
    while (!isStopped) {
      await sink.produce(AT_ONCE, sent);
      sent += AT_ONCE;
      await sleep(EVERY_MS);
    }
  };
  const ended = run();
  return {
    sent: () => sent,
    async stop() {
      isStopped = true;
      await ended;
      return sent;
    },
  };
}
