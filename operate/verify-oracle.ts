import type { IdSet } from '../core/id-set.ts';
import { rejectedTopic } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { type OracleEntry, readOracle } from '../producer/simulator/oracle.ts';
import { type CanonicalRow, differingColumns, pickColumns } from './canonical.ts';
import { inChunks } from './in-chunks.ts';
import { placeOf } from './record-place.ts';
import type { TableCheck } from './verify-report.ts';

const CHUNK = 1_000;

export interface OracleCheck extends TableCheck {
  readonly path: string;
  /** SHA-256 (hex) of every value in the rejected topic. */
  readonly rejected: Pick<IdSet, 'has'>;
}

/**
 * Compares the table with what the feed says it sent: every expected row is present and equal, every refused update is in the
 * rejected topic, and the view of current states holds the feed's newest update of each identity (by the stream's order
 * column, then the feed's sequence).
 */
export async function checkOracle(check: OracleCheck) {
  /** What the oracle lists. */
  const figures = { updates: 0, expectedRows: 0, expectedRejected: 0 };
  const newest: NewestUpdates = new Map();
  let chunk: OracleEntry[] = [];
  for await (const line of readOracle(check.path)) {
    check.signal?.throwIfAborted();
    figures.updates += 1;
    if (line.expect === 'rejected') {
      figures.expectedRejected += 1;
      checkRefused(check, line);
      continue;
    }
    figures.expectedRows += 1;
    keepNewest(check.stream, newest, line.update);
    chunk.push(line);
    if (chunk.length === CHUNK) {
      await compareRows(check, chunk);
      chunk = [];
    }
  }
  if (chunk.length > 0) await compareRows(check, chunk);
  await compareCurrent(check, newest);
  return figures;
}

function checkRefused({ stream, rejected, differences }: OracleCheck, { seq, sha256 }: OracleEntry): void {
  if (sha256 !== undefined && rejected.has(sha256)) return;
  const message = `update ${seq} of the oracle must be refused and is not in ${rejectedTopic(stream)}`;
  differences.add({ kind: 'not-refused', message });
}

async function compareRows(check: OracleCheck, lines: readonly OracleEntry[]): Promise<void> {
  const { stream, table, schema, differences, kept } = check;
  const rows = await table.find(lines.map(({ update }) => update));
  for (const { seq, update } of lines) {
    if (kept?.isOlder(update)) continue;
    const key = pickColumns(stream.table.key, update);
    const row = rows.get(table.keyOf(update));
    if (row === undefined) {
      const message = `update ${seq} of the oracle has no row in ${stream.table.name}`;
      differences.add({ kind: 'missing', key, message });
      continue;
    }
    const columns = differingColumns(schema.fields, update, row.values);
    if (columns.length === 0) continue;
    const record = placeOf(stream, row);
    const shown = columns.map((name) => `${name}: sent ${update[name]}, row ${row.values[name]}`).join('; ');
    const message = `update ${seq} of the oracle differs in ${columns.join(', ')}`;
    differences.add({ kind: 'unequal', record, key, message, values: shown });
  }
}

/** The newest update of each identity. */
type NewestUpdates = Map<string, { readonly order: bigint; readonly values: CanonicalRow }>;

function keepNewest({ table: { current } }: StreamDefinition, newest: NewestUpdates, values: CanonicalRow): void {
  if (current === undefined) return;
  const identity = String(values[current.identity]);
  const order = BigInt(values[current.order] ?? 0);
  const known = newest.get(identity);
  // Lines come in the feed's sequence, so at the same order value the later line is the newer state.
  if (known === undefined || order >= known.order) newest.set(identity, { order, values });
}

async function compareCurrent(
  { stream, schema, table, differences, kept }: OracleCheck,
  newest: NewestUpdates,
): Promise<void> {
  for (const wanted of inChunks([...newest.keys()], CHUNK)) {
    const found = await table.findCurrent(wanted);
    for (const identity of wanted) {
      const expected = newest.get(identity)?.values ?? {};
      if (kept?.isOlder(expected)) continue;
      const actual = found.get(identity);
      const columns = actual === undefined ? ['(no row)'] : differingColumns(schema.fields, expected, actual);
      if (columns.length === 0) continue;
      const view = stream.table.current?.view;
      const message = `${view} does not hold the newest update: ${columns.join(', ')}`;
      differences.add({ kind: 'not-current', key: expected, message, values: identity });
    }
  }
}
