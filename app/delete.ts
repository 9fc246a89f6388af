import { inTurn } from '../core/in-turn.ts';
import { type DeletedSink, deleteSink } from '../operate/delete-sink.ts';
import { whileLocked } from '../operate/lock/while-locked.ts';
import type { Session } from './session.ts';
import { type SinkOptions, selectedSinks } from './sinks.ts';

export type { DeletedSink };

export interface DeleteOptions extends SinkOptions {
  readonly withOffsets: boolean;
  /** Hears the names of the sinks that would be deleted; throws when that is not wanted. */
  readonly agree: (names: readonly string[]) => Promise<void>;
  /** `topic` is that of the sink's records. */
  readonly onDeleted: (deleted: DeletedSink, topic: string) => void;
}

/** Deletes the selected sinks, one after the other. Tables and topics stay. */
export async function deleteSinks(session: Session, options: DeleteOptions): Promise<DeletedSink[]> {
  const actions = await selectedSinks(session, options);
  await options.agree(actions.map(({ stream }) => stream.sink.name));
  return inTurn(actions, async (action) => {
    const deleted = await whileLocked(action, 'connect delete', (locked) => deleteSink(locked, options));
    options.onDeleted(deleted, action.stream.topic.name);
    return deleted;
  });
}
