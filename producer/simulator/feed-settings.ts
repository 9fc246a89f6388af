import { ConnectError } from '../../core/errors.ts';
import type { ProfileName } from './market/profiles.ts';

export interface FeedSettings {
  /** A whole number, 0 ≤ seed < 2^32: the same one gives the same feed. */
  readonly seed: number;
  /** How many updates there are in all; left out: no end. */
  readonly updates?: number | undefined;
  /** How many of them no table can hold, spread evenly. Default 0. */
  readonly faulty?: number | undefined;
  /** Instead: one among so many. The feed then begins the same however long it is. */
  readonly faultyEvery?: number | undefined;
  /** Updates a second; left out: as fast as subscribers read. */
  readonly ratePerSecond?: number | undefined;
  /** How many slots behind the newest one can be replayed; left out: all. */
  readonly replayWindowSlots?: number | undefined;
  /** The mix of a position feed's updates; default `market`. Other streams have none. */
  readonly profile?: ProfileName | undefined;
}

interface Bounds {
  readonly called: string;
  readonly least: number;
  readonly most: number;
  /** Fractions are allowed. */
  readonly fraction?: boolean | undefined;
}

const COUNT = Number.MAX_SAFE_INTEGER;
const BOUNDS: Readonly<Record<Exclude<keyof FeedSettings, 'profile'>, Bounds>> = {
  seed: { called: 'seed', least: 0, most: 2 ** 32 - 1 },
  updates: { called: 'number of updates', least: 1, most: COUNT },
  faulty: { called: 'number of faulty updates', least: 0, most: COUNT },
  faultyEvery: { called: 'distance of faulty updates', least: 2, most: COUNT },
  ratePerSecond: { called: 'rate', least: 0.001, most: 1_000_000, fraction: true },
  replayWindowSlots: { called: 'replay window', least: 0, most: COUNT },
};

/** Errors: USAGE naming the first setting that is out of bounds, and its bounds. */
export function checkSettings(settings: FeedSettings): void {
  for (const [key, { called, least, most, fraction }] of Object.entries(BOUNDS)) {
    const value = settings[key as keyof typeof BOUNDS];
    if (value === undefined) continue;
    const isKind = fraction === true ? Number.isFinite(value) : Number.isSafeInteger(value);
    if (isKind && value >= least && value <= most) continue;
    const kind = fraction === true ? 'a number' : 'a whole number';
    const range = most === COUNT ? `from ${least} on` : `from ${least} to ${most}`;
    throw usage(`the ${called} is ${value}: it must be ${kind} ${range}`);
  }
  const { updates, faulty, faultyEvery } = settings;
  if (faulty !== undefined && faultyEvery !== undefined)
    throw usage('faulty updates are given both by number and by distance');
  if (updates !== undefined && faulty !== undefined && faulty > updates) {
    throw usage(`${faulty} faulty updates cannot be among ${updates}`);
  }
}

const usage = (problem: string): ConnectError => new ConnectError('USAGE', `the simulated feed cannot be: ${problem}`);
