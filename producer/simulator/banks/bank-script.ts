import type { AvroRecord } from '../../../schemas/avro-schema.ts';
import { publicKey, signature } from '../base58.ts';
import { Random } from '../prng.ts';
import { accountColumns, accountData, anyAccount } from './margin-account.ts';

export interface BankScriptOptions {
  readonly seed: number;
  /** How many updates the final banks have together. */
  readonly updates: number;
}

export type BankStage = 'CREATED' | 'PROCESSED' | 'CONFIRMED' | 'FINALIZED' | 'DEAD';

export interface AccountUpdate {
  readonly slot: number;
  readonly bank: number;
  readonly pubkey: string;
  readonly write_version: number;
  readonly signature: string;
  readonly data: Buffer;
}

export interface BankStatus {
  readonly slot: number;
  readonly bank: number;
  readonly parent: number;
  readonly stage: BankStage;
  readonly updates: number;
}

/** What a feed of banks says, in its order. */
export type BankEvent = { readonly account: AccountUpdate } | { readonly status: BankStatus };

export interface BankScript {
  readonly events: readonly BankEvent[];
  /** What must arrive, in the order of slot and write version: the updates of final banks. */
  readonly expected: readonly AvroRecord[];
  /** How many updates stand in banks that never become final. */
  readonly abandoned: number;
}

interface Bank {
  readonly slot: number;
  readonly bank: number;
  readonly parent: number;
  readonly isFinal: boolean;
  readonly writes: number;
}

const FIRST_SLOT = 350_000_000;
const FIRST_SECOND = 1_790_000_000;
/** A bank is final when so many slots have been built on it. */
const FINAL_AFTER = 4;

/** Everything that a feed of banks will ever send: several banks in a slot, forks that go on for some slots, banks that die in the middle, and slots that nobody calls final by name. */
export function writeBankScript({ seed, updates }: BankScriptOptions): BankScript {
  const random = Random.of(seed, 0xba4c);
  const accounts = Array.from({ length: 40 }, () => publicKey(random));
  const events: BankEvent[] = [];
  const expected: AvroRecord[] = [];
  const trunk: Bank[] = [];
  let bankId = 9_000;
  let writeVersion = 1_000_000;
  let abandoned = 0;
  let left = updates;
  let stray: Bank | undefined;

  const tell = ({ slot, bank, parent, writes }: Bank, stage: BankStage) =>
    events.push({ status: { slot, bank, parent, stage, updates: stage === 'PROCESSED' ? writes : 0 } });
  const begin = (slot: number, parent: Bank | undefined, isFinal: boolean, writes: number): Bank => {
    bankId += 1 + random.below(3);
    const bank = { slot, bank: bankId, parent: parent?.bank ?? 0, isFinal, writes };
    tell(bank, 'CREATED');
    return bank;
  };
  const write = ({ slot, bank, isFinal }: Bank) => {
    writeVersion += 1;
    const account = anyAccount(random, FIRST_SECOND + (slot - FIRST_SLOT));
    const place = {
      slot,
      bank,
      pubkey: random.pick(accounts),
      write_version: writeVersion,
      signature: signature(random),
    };
    events.push({ account: { ...place, data: accountData(account) } });
    if (isFinal) expected.push({ ...place, ...accountColumns(account) });
    else abandoned += 1;
  };
  /** Returns the bank that has died. */
  const play = (banks: readonly Bank[]): Bank | undefined => {
    const turns = banks.flatMap((bank) => Array.from({ length: bank.writes }, () => bank));
    const dying = banks.find(({ isFinal }) => !isFinal && random.oneIn(3));
    // Banks of one slot run side by side.
    for (const bank of shuffled(turns, random)) if (bank !== dying || random.oneIn(2)) write(bank);
    for (const bank of banks) if (bank !== dying) tell(bank, 'PROCESSED');
    if (dying !== undefined) tell(dying, 'DEAD');
    return dying;
  };

  for (let slot = FIRST_SLOT; left > 0; slot += 1) {
    if (random.oneIn(11)) continue;
    const banks: Bank[] = [];
    if (stray !== undefined && random.oneIn(2)) banks.push(begin(slot, stray, false, random.below(15)));
    else if (random.oneIn(3)) banks.push(begin(slot, trunk.at(-1), false, 1 + random.below(25)));
    // Now and then the fork has the slot alone.
    if (banks.length === 0 || !random.oneIn(4)) {
      const writes = Math.min(left, random.oneIn(9) ? 0 : 1 + random.below(30));
      left -= writes;
      const bank = begin(slot, trunk.at(-1), true, writes);
      banks.push(bank);
      trunk.push(bank);
    }
    const dead = play(banks);
    stray = banks.find((bank) => !bank.isFinal && bank !== dead);
    const settled = trunk.at(-1 - FINAL_AFTER);
    if (settled === undefined || banks.at(-1)?.isFinal !== true) continue;
    tell(settled, 'CONFIRMED');
    if (!random.oneIn(3)) tell(settled, 'FINALIZED');
  }
  const last = trunk.at(-1);
  if (last !== undefined) tell(last, 'FINALIZED');
  return { events, expected, abandoned };
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const mixed = [...items];
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
  }
  return mixed;
}

/** The slot that an event is about. */
export const slotOf = (event: BankEvent): number => ('account' in event ? event.account.slot : event.status.slot);
