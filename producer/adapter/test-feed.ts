import type { ReadPosition } from '../../pipeline/feed.ts';
import { wholeOf } from '../feed/long.ts';
import type { Feed, FeedMessage, Update } from './feed.ts';

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
  await hold('ends within 10 seconds of its signal', () => (first.ended ? undefined : 'it went on'));
  if (position.kind !== 'none') {
    const places = first.updates.map((update) => placeOf(update, position.field));
    await hold(`each update has its ${position.kind} at ${position.field}`, () => {
      const at = places.indexOf(undefined);
      return at < 0 ? undefined : `update ${at + 1} has none: it needs a whole number or a text`;
    });
    await hold(`the ${position.kind} does not fall`, () => fallOf(places));
    const resume = places[Math.floor(places.length / 2)];
    if (resume !== undefined) {
      const again = await readSome(await open(), resume, { updates: 1, timeoutMs });
      await hold(
        `goes on from a ${position.kind}, leaving out nothing`,
        () => again.failure ?? leftOut(places, resume, placeOf(again.updates[0] ?? {}, position.field), position.kind),
      );
    }
    await hold('its replay window holds what it has sent', async () => {
      const window = await feed.replayWindow?.(AbortSignal.timeout(timeoutMs));
      const [sent] = places;
      if (window === undefined || sent === undefined || !isWhole(sent) || !isWhole(window.earliest)) return undefined;
      if (BigInt(window.earliest) > BigInt(window.latest))
        return `it begins at ${window.earliest} and ends at ${window.latest}`;
      return BigInt(window.latest) < BigInt(sent) ? `it ends at ${window.latest}, and ${sent} was sent` : undefined;
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

const END_MS = 10_000;

async function readSome(
  feed: Feed,
  resume: string | undefined,
  { updates: wanted, timeoutMs }: { updates: number; timeoutMs: number },
): Promise<Reading> {
  const updates: Update[] = [];
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeoutMs);
  let wrong: string | undefined;
  let failure: string | undefined;
  const reading = (async () => {
    for await (const message of feed.read({ resume, signal: stop.signal })) {
      const sent = updatesOf(message);
      if (sent === undefined) wrong ??= `it yields ${JSON.stringify(message)?.slice(0, 100)}`;
      else updates.push(...sent);
      if (updates.length >= wanted || stop.signal.aborted) break;
    }
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) failure = `it throws: ${error instanceof Error ? error.message : String(error)}`;
  });
  const late = new Promise<'late'>((resolve) => {
    const wait = () => setTimeout(() => resolve('late'), END_MS).unref();
    stop.signal.addEventListener('abort', wait, { once: true });
  });
  const ended = (await Promise.race([reading, late])) !== 'late';
  clearTimeout(timer);
  stop.abort();
  return { updates, wrong, failure, ended };
}

function updatesOf(message: FeedMessage): readonly Update[] | undefined {
  const { update, updates, alive } = (message ?? {}) as {
    update?: Update;
    updates?: readonly Update[];
    alive?: boolean;
  };
  if (typeof update === 'object' && update !== null) return [update];
  if (Array.isArray(updates)) return updates;
  return alive === true ? [] : undefined;
}

const isWhole = (text: string): boolean => /^-?\d+$/.test(text);

/** A position as text; undefined where there is none. */
function placeOf(update: Update, field: string): string | undefined {
  const value = field.split('.').reduce<unknown>((part, step) => (part as Update | undefined)?.[step], update);
  return wholeOf(value)?.toString() ?? (typeof value === 'string' && value !== '' ? value : undefined);
}

function fallOf(places: readonly (string | undefined)[]): string | undefined {
  const at = places.findIndex((place, index) => {
    const before = places[index - 1];
    return (
      place !== undefined && before !== undefined && isWhole(place) && isWhole(before) && BigInt(place) < BigInt(before)
    );
  });
  return at < 0 ? undefined : `${places[at]} comes after ${places[at - 1]}`;
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
  if (isWhole(first) && isWhole(resume) && BigInt(first) <= BigInt(resume)) return undefined;
  if (kind === 'cursor' && (next === undefined || first === next || first === resume)) return undefined;
  return `asked for ${resume}, it began at ${first}${kind === 'slot' ? ': a slot is sent whole again' : `, and ${next} lies between`}`;
}
