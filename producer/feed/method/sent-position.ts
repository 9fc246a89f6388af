import type { Refusal } from '../../record/refusal.ts';
import type { SentMessage } from '../event.ts';

/** What an update holds at the path of its position. */
export const sentAt = (update: SentMessage, steps: readonly string[]): unknown =>
  steps.reduce<unknown>((value, step) => (value as SentMessage | null | undefined)?.[step], update);

/** An update without its position cannot be resumed behind. */
export const missingPosition = (field: string): Refusal => ({
  field,
  code: 'MISSING',
  message: 'is not set, and the feed is resumed by it',
});
