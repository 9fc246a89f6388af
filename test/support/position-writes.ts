import { POSITION_COLUMNS, type PositionRow, upsert } from './position-rows.ts';
import type { SeededRandom } from './seeded-random.ts';

/** One statement against `positions`. */
export interface Write {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface WriteOptions {
  /** Names of the positions written to. */
  readonly accounts: readonly string[];
  /** Begins every signature, so that two writers do or do not share identities. */
  readonly writer: string;
  /** Also what no sink does: deletes, and updates by hand. */
  readonly byHand?: boolean;
  /** The upsert key. Default: position_account and signature. */
  readonly key?: readonly (keyof PositionRow)[] | undefined;
}

/**
 * Statements as a sink sends them when everything goes wrong that can: positions and days in any order, several states of a
 * position in one statement, ties inside a slot, replays, identities that come again later with another slot, day or owner.
 */
export function createWrites(
  random: SeededRandom,
  { accounts, writer, byHand = false, key }: WriteOptions,
): () => Write {
  const sent: Partial<PositionRow>[] = [];
  let offset = 0;
  const pick = <T>(from: readonly T[]): T => from[random.int(from.length)] as T;

  function state(): Partial<PositionRow> {
    const day = 1 + random.int(4);
    const money = () => `${random.int(2_000) - 1_000}.${String(random.int(1_000_000)).padStart(6, '0')}`;
    offset += 1;
    return {
      slot: random.int(30),
      ordinal: random.int(4) === 0 ? null : random.int(3),
      block_time: `2026-03-0${day} ${pick(['00:00:00.000', '12:30:00.001', '23:59:59.999'])}`,
      owner: pick(['alice', 'bob']),
      symbol: pick(['BTC-USD', 'ETH-USD']),
      status: pick(['Open', 'Modifying', 'Closed', 'Liquidating']),
      mark_price: money(),
      unrealized_pnl: money(),
      realized_pnl: money(),
      funding_accrued: money(),
      liquidation_price: money(),
      ...(random.int(10) === 0 ? { kafka_partition: null, kafka_offset: null } : { kafka_offset: offset }),
    };
  }

  function next(): Partial<PositionRow> {
    const choice = random.int(10);
    const again = pick(sent);
    if (choice < 2 && again !== undefined) return again;
    const identity =
      choice < 4 && again !== undefined
        ? { position_account: again.position_account, signature: again.signature }
        : { position_account: pick(accounts), signature: `${writer}-${random.int(150)}` };
    return { ...state(), ...identity } as Partial<PositionRow>;
  }

  /** No statement holds an identity twice: the sink's reduction buffer keeps the last. */
  function delivery(): Write {
    const rows = Array.from({ length: 1 + random.int(30) }, next);
    sent.push(...rows);
    const byKey = new Map(rows.map((row) => [`${row.position_account} ${row.signature}`, row]));
    return upsert([...byKey.values()], key);
  }

  function manual(): Write {
    const account = pick(accounts);
    const { position_account: _account, signature: _signature, ...changes } = state();
    const [column, value] = pick(Object.entries(changes));
    const where = `id IN (SELECT id FROM positions WHERE position_account = $1 ORDER BY ${pick(POSITION_COLUMNS)}, id LIMIT $2)`;
    const some = 1 + random.int(4);
    if (random.int(3) === 0) return { text: `DELETE FROM positions WHERE ${where}`, values: [account, some] };
    if (random.int(4) === 0) {
      const moved = `UPDATE positions SET position_account = $3 WHERE ${where} AND signature NOT IN (SELECT signature FROM positions WHERE position_account = $3)`;
      return { text: moved, values: [account, some, pick(accounts)] };
    }
    // A time may be part of the key: of several rows of one identity none moves onto another.
    const alone =
      column === 'block_time'
        ? ' AND (position_account, signature) IN (SELECT position_account, signature FROM positions GROUP BY 1, 2 HAVING count(*) = 1)'
        : '';
    return { text: `UPDATE positions SET ${column} = $3 WHERE ${where}${alone}`, values: [account, some, value] };
  }

  return () => (byHand && random.int(4) === 0 ? manual() : delivery());
}
