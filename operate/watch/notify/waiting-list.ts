import type { Notification } from './notification.ts';

/** More than this wait only for a receiver that is away for long: incidents that are over by then are left out. */
const MOST = 200;

/** What a receiver has not been told yet, in order. What has not left is brought up to date instead of being told twice. */
export function createWaitingList() {
  const waiting: Notification[] = [];
  /** Whether the first is on its way: it stays as it is. */
  let underWay = false;
  const first = () => (underWay ? 1 : 0);

  /** Takes an incident out that is over before the receiver heard of it. Its key, or undefined. */
  function leaveOut(): string | undefined {
    const over = waiting.find(
      ({ event, incident }, index) =>
        event === 'incident.opened' &&
        index >= first() &&
        waiting.some((later) => later.event === 'incident.closed' && later.incident.id === incident.id),
    )?.incident;
    if (over === undefined) return undefined;
    const rest = waiting.filter(({ incident }) => incident.id !== over.id);
    waiting.splice(0, waiting.length, ...rest);
    return over.key;
  }

  return {
    /** Returns the key of an incident for which there is no more room. */
    add(notification: Notification): string | undefined {
      const { event, incident } = notification;
      const at = waiting.findLastIndex((one, index) => one.incident.id === incident.id && index >= first());
      const before = waiting[at]?.event;
      const isNews = event === 'incident.updated' && before !== undefined && before !== 'incident.closed';
      if (before !== undefined && isNews) waiting[at] = { ...notification, event: before };
      else if (event === 'incident.closed' && before === 'incident.updated') waiting[at] = notification;
      else waiting.push(notification);
      return waiting.length > MOST ? leaveOut() : undefined;
    },
    /** The first, which is on its way until `end`. */
    begin(): Notification | undefined {
      underWay = waiting.length > 0;
      return waiting[0];
    },
    end(isDone: boolean): void {
      underWay = false;
      if (isDone) waiting.shift();
    },
    keys: (): string[] => [...new Set(waiting.map(({ incident }) => incident.key))],
  };
}
