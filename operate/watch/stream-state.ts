import { ifFound } from '../../core/errors.ts';
import { checkpointTopic } from '../../pipeline/names.ts';
import type { ReadHistory } from '../freshness/read-points.ts';
import { type Claim, claimIn } from '../lock/claim.ts';
import { claimPrefix } from '../lock/kafka-claim-log.ts';
import { readRecords, type StreamSource } from '../read-records.ts';
import { createFollowedStream, type Heartbeat } from './followed-stream.ts';
import { parseWatchMark, WATCH_MARK_KEY, type WatchMark } from './watch-mark.ts';

/** Who looks after a stream, and what was done last. */
export interface WatchState {
  /** `alice@host, process 4711`. */
  readonly owner: string;
  /** How long its last sign of life is ago, s; undefined when it has ended in good order. */
  readonly silentSeconds?: number | undefined;
  readonly last?: WatchMark['last'];
  /** What is open: its kind, and since when (ISO, UTC). */
  readonly incidents: readonly { readonly kind: string; readonly openedAt: string }[];
}

/** What the checkpoint topic tells about a stream's producer and its watch; nothing of one that there never was. */
export interface StreamState {
  readonly producer?: (Pick<Heartbeat, 'slot' | 'lost'> & { readonly ageSeconds: number }) | undefined;
  readonly watch?: WatchState | undefined;
  readonly history: ReadHistory;
}

/** Reads a stream's checkpoint topic once. Errors: UNREACHABLE, TIMEOUT. */
export async function readStreamState(source: StreamSource): Promise<StreamState> {
  const { stream } = source;
  const followed = createFollowedStream(stream);
  // All of it was there before: ages go by the writers' clocks.
  followed.begin(2n ** 63n);
  const claims = new Map<string, { readonly claim: Claim; readonly at: number }>();
  const prefix = claimPrefix('watch');
  let mark: WatchMark | undefined;
  await ifFound(
    readRecords(source, { topic: checkpointTopic(stream), clientId: 'perps-connect-status' }, (record) => {
      followed.take(record);
      const isMark = record.key?.toString() === WATCH_MARK_KEY;
      if (isMark && record.value !== null) mark = parseWatchMark(record.value) ?? mark;
      const found = claimIn(prefix, record);
      if (found?.claim !== undefined) claims.set(found.id, { claim: found.claim, at: record.timestampMs });
      else if (found !== undefined) claims.delete(found.id);
    }),
  );
  const now = Date.now();
  const beat = followed.heartbeat();
  const [claimed] = [...claims.values()].sort((one, other) => other.at - one.at);
  return {
    producer: beat && { slot: beat.slot, lost: beat.lost, ageSeconds: beat.ageSeconds(now) },
    history: followed.history(),
    watch: watchState(
      mark,
      claimed && { owner: claimed.claim.owner, silentSeconds: Math.max(0, now - claimed.at) / 1000 },
    ),
  };
}

function watchState(
  mark: WatchMark | undefined,
  holder: Pick<WatchState, 'owner' | 'silentSeconds'> | undefined,
): WatchState | undefined {
  const owner = holder?.owner ?? mark?.owner;
  if (owner === undefined) return undefined;
  const open = [...(mark?.incidents ?? []), ...(mark?.shared ?? [])];
  const incidents = open.map(({ incident: { kind, openedAt } }) => ({ kind, openedAt }));
  return { owner, silentSeconds: holder?.silentSeconds, last: mark?.last, incidents };
}
