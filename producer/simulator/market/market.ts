import type { AvroRecord } from '../../../schemas/avro-schema.ts';
import { markedSignature, publicKey, signature } from '../base58.ts';
import { Random } from '../prng.ts';
import type { TimelineSlot } from '../timeline.ts';
import type { UpdateGenerator } from '../update-generator.ts';
import { MarketBook } from './market-book.ts';
import { fulfil, liquidate, type MarketPosition, type Request, requestPosition } from './market-position.ts';
import { MARKETS } from './markets.ts';
import { type EventType, positionRecord } from './position-record.ts';
import { movePrice, startPrice } from './prices.ts';
import { PROFILES, type ProfileName } from './profiles.ts';
import { SlotOutput } from './slot-output.ts';

interface MarketOptions {
  readonly seed: number;
  readonly owners: number;
  /** Live positions an owner has on average once the market is under way. */
  readonly positionsPerOwner: number;
  readonly profile: ProfileName;
}

// Tags that keep random sequences of different purposes apart.
const EVENTS = 0x0e01;
const OWNERS = 0x0e02;
const ACCOUNTS = 0x0e03;
const MARKS = 0x0e04;
const STRAYS = 0x0e05;

const LEVERAGES = [1, 2, 3, 5, 5, 10, 10, 15, 20, 25, 40, 50, 75, 100];
const USD = 1_000_000n;
/** Synthetic signatures start with this, so that an operator can distinguish them from transactions. */
const MARK_PREFIX = 'PNL';

interface Pending {
  readonly position: MarketPosition;
  readonly book: MarketBook;
}

/**
 * A deterministic perpetuals venue. Most updates are PNL_UPDATEs after a move of the mark price; owners open, increase,
 * reduce, re-lever and close positions, each as a request and, a few slots later, its fulfilment. When the mark reaches a
 * position's liquidation price, its liquidation comes before any other update of it.
 */
export const createMarket = (options: MarketOptions): UpdateGenerator => new Market(options);

class Market implements UpdateGenerator {
  readonly #options: MarketOptions;
  readonly #random: Random;
  readonly #owners: readonly string[];
  readonly #books: readonly MarketBook[];
  /** Positions with a request under way, oldest first. */
  #pending: Pending[];
  /** How many positions each owner has had: the index of the next one. */
  readonly #opened: number[];
  #serial: number;

  constructor(options: MarketOptions, from?: Market) {
    this.#options = options;
    if (from === undefined) {
      this.#random = Random.of(options.seed, EVENTS);
      this.#owners = Array.from({ length: options.owners }, (_, n) => publicKey(Random.of(options.seed, OWNERS, n)));
      this.#books = MARKETS.map((market) => new MarketBook(startPrice(market)));
      this.#pending = [];
      this.#opened = this.#owners.map(() => 0);
      this.#serial = 0;
      return;
    }
    const copies = new Map<MarketPosition, MarketPosition>();
    const books = new Map(from.#books.map((book) => [book, book.clone(copies)]));
    this.#random = from.#random.clone();
    this.#owners = from.#owners;
    this.#books = [...books.values()];
    this.#pending = from.#pending.map(({ position, book }) => ({
      // An ended position is in no book any more; nothing changes it, so it can be shared.
      position: copies.get(position) ?? position,
      book: books.get(book) as MarketBook,
    }));
    this.#opened = [...from.#opened];
    this.#serial = from.#serial;
  }

  clone(): UpdateGenerator {
    return new Market(this.#options, this);
  }

  next(slot: TimelineSlot, count: number): readonly AvroRecord[] {
    const output = new SlotOutput(slot, count);
    for (const book of this.#books) this.#liquidateCrossed(book, output);
    this.#fulfilDue(output);
    while (output.room > 0) this.#step(output);
    return output.records;
  }

  stray(slot: TimelineSlot, ordinal: number): AvroRecord {
    const random = Random.of(this.#options.seed, STRAYS, ordinal);
    const { price } = random.pick(this.#books);
    const identity = { serial: -1, account: publicKey(random), owner: publicKey(random), index: 0 };
    const terms = { side: 'Long', leverage: random.pick(LEVERAGES) } as const;
    const position = requestPosition({ ...identity, ...terms }, price, 1_000n * USD);
    return positionRecord(slot, position, price, 'OPENED', signature(random));
  }

  /** One move of one market's mark price and what follows: liquidations, perhaps an owner's request, new PnL. */
  #step(output: SlotOutput): void {
    const random = this.#random;
    const { actionOneIn, fillingActionOneIn, mostMarks } = PROFILES[this.#options.profile];
    const book = random.pick(this.#books);
    movePrice(book.price, random, output.slotNumber);
    const before = output.room;
    this.#liquidateCrossed(book, output);
    // Before the PnL, or slots of one update would never see an owner act.
    if (output.room > 0 && random.oneIn(this.#isFilling() ? fillingActionOneIn : actionOneIn)) {
      this.#act(book, output);
    }
    let wanted = mostMarks === 0 ? 0 : 1 + random.below(mostMarks);
    for (; wanted > 0 && output.room > 0 && book.positions.length > 0; wanted -= 1) {
      const position = random.pick(book.positions);
      if (position.status === 'Open') output.add(position, book, 'PNL_UPDATE', this.#markSignature(position, output));
    }
    // `next` promises a number of updates, so a step without one must act.
    if (output.room === before && output.room > 0) this.#act(book, output);
  }

  #liquidateCrossed(book: MarketBook, output: SlotOutput): void {
    if (output.room === 0) return;
    const crossed = book.crossed();
    if (crossed.length === 0) return;
    // One keeper's transaction takes over all of them. Those that do not fit wait for the next slot, which starts here.
    const transaction = signature(this.#random);
    for (const position of crossed.slice(0, output.room)) {
      liquidate(position, book.price);
      book.remove(position);
      output.add(position, book, 'LIQUIDATED', transaction);
    }
  }

  #fulfilDue(output: SlotOutput): void {
    const waiting: Pending[] = [];
    for (const pending of this.#pending) {
      const { position, book } = pending;
      if (position.status === 'Liquidating') continue;
      if (position.dueSlot > output.slotNumber || output.room === 0) {
        waiting.push(pending);
        continue;
      }
      const event = EVENT_OF[position.request?.kind ?? 'open'];
      fulfil(position, book.price);
      if (position.status === 'Closed') book.remove(position);
      else book.watch(position);
      output.add(position, book, event, signature(this.#random));
    }
    this.#pending = waiting;
  }

  #act(book: MarketBook, output: SlotOutput): void {
    const random = this.#random;
    const mayOpen = this.#live() < this.#target();
    if (book.positions.length > 0 && !(mayOpen && (this.#isFilling() || random.oneIn(2)))) {
      const position = random.pick(book.positions);
      if (position.status === 'Open') {
        const request = this.#chooseRequest(position);
        position.status = request.kind === 'close' ? 'Closing' : 'Modifying';
        this.#submit(position, book, request, output);
        return;
      }
    }
    this.#open(book, output);
  }

  #chooseRequest(position: MarketPosition): Request {
    const random = this.#random;
    const die = random.below(100);
    if (die < 30) return { kind: 'close' };
    if (die < 55) return { kind: 'increase', budget: this.#budget() };
    if (die < 80) return { kind: 'reduce', percent: 10 + random.below(81) };
    const leverage = random.pick(LEVERAGES);
    return { kind: 'leverage', leverage: leverage === position.leverage ? Math.max(1, leverage - 1) : leverage };
  }

  #open(book: MarketBook, output: SlotOutput): void {
    const random = this.#random;
    const owners = this.#owners;
    // The smaller of two draws: some owners are busier than others.
    const owner = Math.min(random.below(owners.length), random.below(owners.length));
    const index = this.#opened[owner] ?? 0;
    this.#opened[owner] = index + 1;
    this.#serial += 1;
    const identity = {
      serial: this.#serial,
      account: publicKey(Random.of(this.#options.seed, ACCOUNTS, this.#serial)),
      index,
      owner: owners[owner] as string,
      side: random.oneIn(2) ? 'Long' : 'Short',
      leverage: random.pick(LEVERAGES),
    } as const;
    const position = requestPosition(identity, book.price, this.#budget());
    book.add(position);
    this.#submit(position, book, { kind: 'open' }, output);
  }

  #submit(position: MarketPosition, book: MarketBook, request: Request, output: SlotOutput): void {
    position.request = request;
    position.dueSlot = output.slotNumber + 1 + this.#random.below(4);
    this.#pending.push({ position, book });
    output.add(position, book, EVENT_OF[request.kind], signature(this.#random));
  }

  /** From 50 to about 200,000 USD, small ones as likely as large ones. */
  #budget(): bigint {
    const base = 50 * 2 ** this.#random.below(12);
    return BigInt(base + this.#random.below(base)) * USD;
  }

  /** No transaction stands behind a PNL_UPDATE: its signature is made of position, slot and count within the slot. */
  #markSignature(position: MarketPosition, { slotNumber }: SlotOutput): string {
    position.markedTimes = position.markedSlot === slotNumber ? position.markedTimes + 1 : 0;
    position.markedSlot = slotNumber;
    const seed = this.#options.seed ^ MARKS;
    return markedSignature(Random.of(seed, position.serial, slotNumber, position.markedTimes), MARK_PREFIX);
  }

  #live(): number {
    let live = 0;
    for (const book of this.#books) live += book.positions.length;
    return live;
  }

  #target(): number {
    return this.#owners.length * this.#options.positionsPerOwner;
  }

  #isFilling(): boolean {
    return this.#live() * 2 < this.#target();
  }
}

const EVENT_OF: Readonly<Record<Request['kind'], EventType>> = {
  open: 'OPENED',
  increase: 'MODIFIED',
  reduce: 'MODIFIED',
  leverage: 'MODIFIED',
  close: 'CLOSED',
};
