import type { Acknowledgement, OutgoingMessage } from '../../core/kafka-producer.ts';

type Send = (request: ReadonlyMap<string, readonly OutgoingMessage[]>) => Promise<readonly Acknowledgement[]>;

interface Waiting {
  readonly topic: string;
  readonly message: OutgoingMessage;
  readonly resolve: (offset: bigint) => void;
  readonly reject: (error: unknown) => void;
}

/** Long enough for the renewals of all streams, which are due at the same time. */
const GATHER_MS = 50;

/** Sends records of a moment in one request. What is returned takes one, and returns its offset. Errors: those of `send`, for all of the request. */
export function gatherSends(send: Send): (topic: string, message: OutgoingMessage) => Promise<bigint> {
  let waiting: Waiting[] = [];

  async function sendWaiting(): Promise<void> {
    const batch = waiting;
    waiting = [];
    const request = new Map<string, OutgoingMessage[]>();
    for (const { topic, message } of batch) request.set(topic, [...(request.get(topic) ?? []), message]);
    try {
      const answers = await send(request);
      const next = new Map(answers.map(({ topic, partition, baseOffset }) => [`${topic}/${partition}`, baseOffset]));
      for (const { topic, message, resolve } of batch) {
        const place = `${topic}/${message.partition}`;
        const offset = next.get(place) ?? -1n;
        next.set(place, offset + 1n);
        resolve(offset);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return (topic, message) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setTimeout(() => void sendWaiting(), GATHER_MS);
      waiting.push({ topic, message, resolve, reject });
    });
}
