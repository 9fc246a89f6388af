import { ConnectError } from '../../core/errors.ts';
import type { PartSighting } from './sighting.ts';

interface Answer<T> {
  readonly seen: T | undefined;
  readonly part: PartSighting;
}

/** An answer within the time, or why there is none. A question that is still open then is left to end by itself. */
export async function within<T>(answerMs: number, question: () => Promise<T>): Promise<Answer<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new ConnectError('TIMEOUT', `there was no answer within ${answerMs / 1000} s`);
    timer = setTimeout(() => reject(error), answerMs);
  });
  try {
    return { seen: await Promise.race([question(), late]), part: { ok: true } };
  } catch (error) {
    const { message, hint } = ConnectError.from(error);
    return { seen: undefined, part: { ok: false, why: message, hint } };
  } finally {
    clearTimeout(timer);
  }
}
