import { createScrub, type Scrub } from '../../../core/scrub.ts';
import { withoutValues } from '../../../core/without-values.ts';
import type { WatchEvent } from '../event.ts';
import { createDelivery, type DeliveryOptions } from './delivery.ts';
import { cleanIncident } from './notification.ts';
import type { Receiver } from './receiver.ts';

export interface NotifierOptions extends Partial<Pick<DeliveryOptions, 'baseMs' | 'maxMs' | 'timeoutMs'>> {
  /** Hides the secrets of the project. */
  readonly scrub: Scrub;
  /** A receiver could not be told: it is tried again, or it refused. Holds no secret. */
  readonly onFailed: (failure: { readonly to: string; readonly error: string }) => void;
}

/** Tells receivers of incidents. Waits for none of them. */
export interface Notifier {
  /** Incidents, by their ids, that an earlier watch has told, so that nobody is told of them anew. */
  know(ids: readonly string[]): void;
  /** Events that are about no incident are passed over. */
  take(event: WatchEvent): void;
  /** One last try for what waits, for `withinMs` (5 s) at most. */
  close(withinMs?: number): Promise<void>;
}

export function createNotifier(receivers: readonly Receiver[], options: NotifierOptions): Notifier {
  const { scrub, onFailed, baseMs = 1000, maxMs = 60_000, timeoutMs = 10_000 } = options;
  const hide = createScrub(receivers.flatMap(({ secrets }) => secrets));
  const clean = (text: string): string => hide(scrub(withoutValues(text)));
  const deliveries = receivers.map((receiver) =>
    createDelivery(receiver, {
      clean,
      baseMs,
      maxMs,
      timeoutMs,
      onFailed: (error) => onFailed({ to: receiver.name, error }),
    }),
  );
  return {
    know(ids) {
      for (const delivery of deliveries) delivery.know(ids);
    },
    take(event) {
      if (!('incident' in event)) return;
      const notification = { event: event.event, time: event.time, incident: cleanIncident(event.incident, clean) };
      for (const delivery of deliveries) delivery.take(notification);
    },
    async close(withinMs = 5000) {
      await Promise.all(deliveries.map((delivery) => delivery.close(withinMs)));
    },
  };
}
