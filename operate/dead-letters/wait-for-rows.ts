import { requireNotFailed } from '../../connectors/wait/wait-until-running.ts';
import { ConnectError } from '../../core/errors.ts';
import { waitFor } from '../../core/retry.ts';
import { canonicalRecord } from '../canonical.ts';
import type { SinkAction } from '../sink-action.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { ReadyRecord, ReplayContext } from './replay-plan.ts';

/** A record to publish. */
export interface Sending {
  readonly deadLetter: DeadLetter;
  readonly record: ReadyRecord;
}

/** A record that was published, and its offset. */
export interface Sent extends Sending {
  readonly offset: bigint;
}

/** The records whose rows the table holds, from them or from later ones. Waits for all of them, until the sink fails. */
export async function waitForRows(
  { stream, host, timeoutMs, signal }: SinkAction,
  { table, schema }: Pick<ReplayContext, 'table' | 'schema'>,
  sent: readonly Sent[],
): Promise<{ readonly arrived: ReadonlySet<Sent>; readonly failure?: string }> {
  const arrived = new Set<Sent>();
  const look = async (): Promise<boolean> => {
    const missing = sent.filter((one) => !arrived.has(one));
    const keys = missing.map(({ record }) => canonicalRecord(schema.fields, record.values));
    const rows = await table.find(keys);
    for (const [index, one] of missing.entries()) {
      const row = rows.get(table.keyOf(keys[index] ?? {}));
      if (row?.partition === one.record.partition && (row.offset ?? -1n) >= one.offset) arrived.add(one);
    }
    if (arrived.size === sent.length) return true;
    await requireNotFailed(host, stream);
    return false;
  };
  try {
    await waitFor(look, { what: 'the replayed rows', timeoutMs, everyMs: 250, signal });
    return { arrived };
  } catch (error) {
    // The records are published: the answer says which rows are there, even if the wait has failed.
    return { arrived, failure: ConnectError.from(error).message };
  }
}
