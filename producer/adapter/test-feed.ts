import type { ReadPosition } from '../../pipeline/feed.ts';
import { wholeOf, wholeText } from '../feed/long.ts';
import { sentAt } from '../feed/method/sent-position.ts';
import type { Feed, Update } from './feed.ts';
import { updatesOf } from './read-adapter.ts';

/** A position that updates hold. */
type Placed = Exclude<ReadPosition, { readonly kind: 'none' }>;

/** How a feed is put to the test. */
export interface FeedTest {
  /** Opens the feed anew, as the producer does: called several times. */
  readonly open: () => Feed | Promise<Feed>;
  /** `feed.position` of the definition. */
  readonly position: ReadPosition;
  /** How many updates the feed sends within the time, at least. Default 20. */
  readonly updates?: number | undefined;
  /** How long each reading may take, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined;
}

/** A promise of `Feed`, and what came of it. */
export interface FeedFinding {
  readonly promise: string;
  /** Undefined when the feed keeps it. */
  readonly broken?: string | undefined;
}

/**
 * Holds a feed to what the producer relies on: it sends updates, their positions are there and do not fall, it goes on from a position without a
 * gap, it ends soon after its signal, it can be read again, and its replay window holds what it has sent. Reads the feed three times. Returns every
 * promise with what came of it. Errors: Error with all that is broken, so that a test fails by itself.
 */
export async function testFeed({ open, position, updates = 20, timeoutMs = 10_000 }: FeedTest): Promise<FeedFinding[]> {
  const findings: FeedFinding[] = [];
  const hold = async (promise: string, task: () => Promise<string | undefined> | string | undefined) => {
    const broken = await Promise.resolve()
      .then(task)
      .catch((error: unknown) => `it throws: ${error instanceof Error ? error.message : String(error)}`);
    findings.push({ promise, ...(broken === undefined ? {} : { broken }) });
  };
  const feed = await open();
  const first = await readSome(feed, undefined, { updates, timeoutMs });
  await hold(
    `sends ${updates} updates in ${timeoutMs} ms`,
    () => first.failure ?? (first.updates.length < updates ? `it sent ${first.updates.length}` : undefined),
  );
  await hold('yields { update }, { updates } or { alive: true } alone', () => first.wrong);
  await hold(`ends within ${timeoutMs} ms of its signal`, () => (first.ended ? undefined : 'it went on'));
  if (position.kind !== 'none') {
    const places = first.updates.map((update) => placeOf(update, position));
    await hold(`each update has its ${position.kind} at ${position.field}`, () => {
      const at = places.indexOf(undefined);
      return at < 0
        ? undefined
        : `update ${at + 1} has none: it needs a whole number${position.kind === 'cursor' ? ' or a text' : ''}`;
    });
    await hold(`the ${position.kind} does not fall`, () => fallOf(places));
    const resume = places[Math.floor(places.length / 2)];
    if (resume !== undefined) {
      const again = await readSome(await open(), resume, { updates: 1, timeoutMs });
      await hold(
        `goes on from a ${position.kind}, leaving out nothing`,
        () => again.failure ?? leftOut(places, resume, placeOf(again.updates[0] ?? {}, position), position.kind),
      );
    }
    await hold('its replay window holds what it has sent', async () => {
      const window = await feed.replayWindow?.(AbortSignal.timeout(timeoutMs));
      const [sent] = places;
      if (window === undefined) return undefined;
      const { earliest, latest } = window;
      if (isBelow(latest, earliest)) return `it begins at ${earliest} and ends at ${latest}`;
      return isBelow(latest, sent) ? `it ends at ${latest}, and ${sent} was sent` : undefined;
    });
  }
  await hold('can be read again', async () => {
    const again = await readSome(await open(), undefined, { updates: 1, timeoutMs });
    return again.failure ?? (again.updates.length === 0 ? 'it sent nothing the second time' : undefined);
  });
  await hold('tells its health', async () => {
    const health = await feed.health?.(AbortSignal.timeout(timeoutMs));
    return health === undefined || typeof health === 'string' ? undefined : 'health() is no text';
  });
  await hold('closes', async () => void (await feed.close?.()));
  const broken = findings.filter((finding) => finding.broken !== undefined);
  if (broken.length === 0) return findings;
  throw new Error(
    `the feed breaks its promises:\n${broken.map(({ promise, broken: how }) => `- ${promise}: ${how}`).join('\n')}`,
  );
}

/** What a short reading of a feed has shown. */
interface Reading {
  readonly updates: Update[];
  readonly wrong: string | undefined;
  readonly failure: string | undefined;
  readonly ended: boolean;
}

async function readSome(
  feed: Feed,
  resume: string | undefined,
  { updates: wanted, timeoutMs }: { updates: number; timeoutMs: number },
): Promise<Reading> {
  const updates: Update[] = [];
  const stop = new AbortController();
  const { signal } = stop;
  let stoppedAt = Number.POSITIVE_INFINITY;
  signal.addEventListener('abort', () => {
    stoppedAt = performance.now();
  });
  /** A feed that does not wait for anything leaves no timer its turn. */
  const isLate = () => performance.now() - stoppedAt > timeoutMs;
  const timer = setTimeout(() => stop.abort(), timeoutMs);
  let wrong: string | undefined;
  let failure: string | undefined;
  let ended = true;
  // The signal ends the reading and nothing else, so that it is seen to do so.
  const reading = (async () => {
    for await (const message of feed.read({ resume, signal })) {
      if (isLate()) {
        ended = false;
        break;
      }
      if (signal.aborted) continue;
      const sent = updatesOf(message);
      if (sent === undefined) wrong ??= `it yields ${JSON.stringify(message)?.slice(0, 100)}`;
      else updates.push(...sent);
      if (updates.length >= wanted) stop.abort();
    }
  })().catch((error: unknown) => {
    if (!signal.aborted) failure = `it throws: ${error instanceof Error ? error.message : String(error)}`;
  });
  const late = new Promise<false>((resolve) => {
    const wait = () => setTimeout(resolve, timeoutMs, false).unref();
    signal.addEventListener('abort', wait, { once: true });
  });
  const isOver = await Promise.race([reading.then(() => true), late]);
  clearTimeout(timer);
  stop.abort();
  return { updates, wrong, failure, ended: ended && isOver };
}

/** A position as text; undefined where there is none. */
function placeOf(update: Update, { kind, field }: Placed): string | undefined {
  const value = sentAt(update, field.split('.'));
  const whole = wholeOf(value) ?? wholeText(value);
  if (whole !== undefined) return whole.toString();
  return kind === 'cursor' && typeof value === 'string' && value !== '' ? value : undefined;
}

function fallOf(places: readonly (string | undefined)[]): string | undefined {
  const at = places.findIndex((place, index) => isBelow(place, places[index - 1]));
  return at < 0 ? undefined : `${places[at]} comes after ${places[at - 1]}`;
}

/** Of whole numbers alone: texts have no order that we know. */
function isBelow(one: string | undefined, other: string | undefined): boolean {
  const [low, high] = [wholeText(one), wholeText(other)];
  return low !== undefined && high !== undefined && low < high;
}

/** The first position of a reading that went on from `resume`: of slots it may come again, of cursors the next one may be the first. */
function leftOut(
  places: readonly (string | undefined)[],
  resume: string,
  first: string | undefined,
  kind: 'slot' | 'cursor',
): string | undefined {
  if (first === undefined) return 'it sent nothing';
  const next = places.slice(places.lastIndexOf(resume) + 1)[0];
  if (first === resume || isBelow(first, resume)) return undefined;
  if (kind === 'cursor' && (next === undefined || first === next)) return undefined;
  return `asked for ${resume}, it began at ${first}${kind === 'slot' ? ': a slot is sent whole again' : `, and ${next} lies between`}`;
}
