import type { SinkPosition } from '../connectors/sink-group.ts';
import { ConnectError } from '../core/errors.ts';
import { inTurn } from '../core/in-turn.ts';
import type { Gap } from '../operate/gaps.ts';
import { whileLocked } from '../operate/lock/while-locked.ts';
import { type NextRecord, readNextRecords, readPositions } from '../operate/offset-positions.ts';
import { findOffsets, parseOffsetTarget } from '../operate/offset-target.ts';
import { findOpenGaps } from '../operate/require-no-gap.ts';
import { resetOffsets as moveOffsets, type OffsetMove, planReset, type ResetPlan } from '../operate/reset-offsets.ts';
import type { SinkAction } from '../operate/sink-action.ts';
import type { WhileStopped } from '../operate/while-stopped.ts';
import type { RecordDecoder } from '../schemas/record-decoder.ts';
import type { Session } from './session.ts';
import { type SinkOptions, selectedSinks } from './sinks.ts';

export type { OffsetMove };

/** Where one sink stands, with what is known of the records it reads next. */
export interface SinkOffsets {
  readonly connector: string;
  readonly topic: string;
  readonly partitions: readonly (SinkPosition & { readonly next: NextRecord | undefined })[];
  /** Why the next records could not be read. */
  readonly unread?: string | undefined;
}

/** The decoder of each stream's records. */
async function streamDecoders(session: Session): Promise<(action: SinkAction) => RecordDecoder> {
  const decoder = await session.decoder();
  return ({ stream }) => decoder.of(session.schema(stream).name);
}

/** Where the selected sinks read on. A record that cannot be read is no failure: the offsets stand without it. */
export async function getOffsets(session: Session, onOffsets: (offsets: SinkOffsets) => void): Promise<SinkOffsets[]> {
  const ofStream = await streamDecoders(session);
  return inTurn(await selectedSinks(session), async (action) => {
    const positions = await readPositions(action);
    let unread: string | undefined;
    const next = await readNextRecords(action, positions, ofStream(action)).catch((error: unknown) => {
      unread = ConnectError.from(error).message;
      return undefined;
    });
    const partitions = positions.map((position) => ({ ...position, next: next?.get(position.partition) }));
    const { sink, topic } = action.stream;
    const offsets = { connector: sink.name, topic: topic.name, partitions, unread };
    onOffsets(offsets);
    return offsets;
  });
}

/** What a reset moves of one sink. */
export interface PlannedReset extends ResetPlan {
  readonly connector: string;
  readonly topic: string;
  /** Records that Kafka deleted before the sink read them: new offsets hide that, so they have to be accepted. */
  readonly gaps: readonly Gap[];
  /** What it does besides, because of where the sink runs. */
  readonly effects: readonly string[];
}

export interface ResetSink extends PlannedReset, Partial<WhileStopped> {
  readonly outcome: 'reset' | 'unchanged' | 'planned';
}

export interface ResetOptions extends SinkOptions {
  /** `earliest`, `latest`, a time or `slot:N`. */
  readonly to: string;
  readonly dryRun: boolean;
  /** Hears what would be moved; throws when that is not wanted. */
  readonly agree: (reset: PlannedReset) => Promise<void>;
  /** The topic is read from its oldest record on, to find a slot. */
  readonly onSearch: (topic: string, slot: bigint) => void;
  readonly onPlan: (reset: PlannedReset) => void;
  /** `state`: of the sink, which reads on from there. */
  readonly onReset: (connector: string, state: string) => void;
}

/** Makes the selected sinks read on from another place, one after the other. Errors: USAGE for a place that is none. */
export async function resetOffsets(session: Session, options: ResetOptions): Promise<ResetSink[]> {
  const { dryRun, agree, onSearch, onPlan, onReset } = options;
  const to = parseOffsetTarget(options.to);
  const ofStream = await streamDecoders(session);
  return inTurn(await selectedSinks(session, options), async (action) => {
    const { host, stream } = action;
    const connector = stream.sink.name;
    const topic = stream.topic.name;
    await host.offsets.require(connector);
    if (to.kind === 'slot') onSearch(topic, to.slot);
    const positions = await readPositions(action);
    const planned = planReset(positions, await findOffsets(action, to, positions, ofStream(action)));
    const effects = host.stopEffect === undefined ? [] : [host.stopEffect];
    const reset = { connector, topic, ...planned, gaps: await findOpenGaps(action), effects };
    onPlan(reset);
    if (reset.moves.length === 0) return { ...reset, outcome: 'unchanged' };
    if (dryRun) return { ...reset, outcome: 'planned' };
    await agree(reset);
    const result = await whileLocked(action, 'connect offsets reset', (locked) => moveOffsets(locked, reset));
    onReset(connector, result.state);
    return { ...reset, outcome: 'reset', ...result };
  });
}
