import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { silentLogger } from '../../../../core/log.ts';
import { packageRoot } from '../../../../core/package-root.ts';
import type { OpenFeed, Update } from '../../../../producer/adapter/feed.ts';
import { testFeed } from '../../../../producer/adapter/test-feed.ts';
import { type BankStage, writeBankScript } from '../../../../producer/simulator/banks/bank-script.ts';
import { startBankSimulator } from '../../../../producer/simulator/banks/bank-server.ts';

interface Bank {
  readonly slot: bigint;
  readonly updates: readonly { readonly write_version: string }[];
}
interface FinalBanks {
  account(update: object): void;
  status(status: object): Bank[];
}

const moduleOf = async (name: string) =>
  import(pathToFileURL(join(packageRoot(), 'examples/geyser-adapter/feeds', name)).href);
const { createFinalBanks } = (await moduleOf('final-banks.mjs')) as { createFinalBanks(resume?: string): FinalBanks };
const { readMarginAccount } = (await moduleOf('margin-account.mjs')) as { readMarginAccount(data: Uint8Array): Update };
const { default: open } = (await moduleOf('banks.mjs')) as { default: OpenFeed };

const status = (stage: BankStage, bank: number, parent: number, updates = 0) => ({
  slot: String(100 + Math.floor(bank / 10)),
  bank: String(bank),
  parent: String(parent),
  stage: `BANK_STAGE_${stage}`,
  updates: String(updates),
});
const account = (bank: number, version: number) => ({ bank: String(bank), write_version: String(version) });

/** A bank with its updates, whole. */
function fill(banks: FinalBanks, bank: number, parent: number, versions: readonly number[]): void {
  banks.status(status('CREATED', bank, parent));
  for (const version of versions) banks.account(account(bank, version));
  banks.status(status('PROCESSED', bank, parent, versions.length));
}
const versionsOf = (banks: readonly Bank[]) =>
  banks.map(({ updates }) => updates.map(({ write_version }) => Number(write_version)));

it('a bank that is final brings those it was built on, in order, and the others of their slots are forgotten', () => {
  const banks = createFinalBanks();
  fill(banks, 10, 1, [3, 1]);
  fill(banks, 11, 1, [2]);
  fill(banks, 20, 10, [5]);
  fill(banks, 21, 11, [4]);
  fill(banks, 30, 20, [6]);
  expect(versionsOf(banks.status(status('FINALIZED', 20, 10)))).toEqual([[1, 3], [5]]);
  // Told late, for nothing.
  expect(banks.status(status('FINALIZED', 10, 1))).toEqual([]);
  expect(versionsOf(banks.status(status('FINALIZED', 30, 20)))).toEqual([[6]]);
});

it('a bank that has died is no part of what is final', () => {
  const banks = createFinalBanks();
  fill(banks, 10, 1, [1]);
  fill(banks, 20, 10, [2]);
  banks.status(status('DEAD', 20, 10));
  fill(banks, 21, 10, [3]);
  expect(versionsOf(banks.status(status('FINALIZED', 21, 10)))).toEqual([[1], [3]]);
});

it.each([
  [
    'a final bank of which an update is missing',
    [10, 1, [1]] as const,
    status('PROCESSED', 10, 1, 2),
    10,
    /slot 101 has 2 updates, and 1 came/,
  ],
  [
    'a final bank that was built on one that nobody has sent',
    [30, 20, [1]] as const,
    undefined,
    30,
    /bank 20, on which slot 103 was built, is missing/,
  ],
])('%s is an error', (_what, [bank, parent, versions], more, final, reason) => {
  const banks = createFinalBanks();
  fill(banks, 2, 1, []);
  banks.status(status('FINALIZED', 2, 1));
  fill(banks, bank, bank === 10 ? 2 : parent, versions);
  if (more !== undefined) banks.status(more);
  expect(() => banks.status(status('FINALIZED', final, parent))).toThrow(reason);
});

it('a feed that goes on behind the slot that was asked for is an error', () => {
  const banks = createFinalBanks('101');
  fill(banks, 20, 10, [1]);
  expect(() => banks.status(status('FINALIZED', 20, 10))).toThrow('slot 101 was asked for, and slot 102 came first');
});

it('bytes of another kind are no account', () => {
  expect(() => readMarginAccount(Buffer.alloc(43))).toThrow('43 bytes are no margin account');
});

it('a feed of banks is the same for the same seed, and has forks, dead banks and banks that nobody calls final', () => {
  const script = writeBankScript({ seed: 7, updates: 2_000 });
  expect(writeBankScript({ seed: 7, updates: 2_000 })).toEqual(script);
  expect(script.expected).toHaveLength(2_000);
  expect(script.abandoned).toBeGreaterThan(300);
  const statuses = script.events.flatMap((event) => ('status' in event ? [event.status] : []));
  const withStage = (stage: BankStage) => statuses.filter((one) => one.stage === stage);
  const created = withStage('CREATED');
  expect(created.length).toBeGreaterThan(new Set(created.map(({ slot }) => slot)).size);
  expect(withStage('DEAD').length).toBeGreaterThan(3);
  expect(withStage('FINALIZED').length).toBeLessThan(withStage('CONFIRMED').length);
  const dead = new Set(withStage('DEAD').map(({ bank }) => bank));
  expect(created.filter(({ parent }) => dead.has(parent))).toEqual([]);
});

it('the example keeps what a feed promises, and hands on exactly what is final', async () => {
  const simulator = await startBankSimulator({ port: 0, seed: 3, updates: 1_500 });
  const { expected } = writeBankScript({ seed: 3, updates: 1_500 });
  const context = {
    stream: 'margin_accounts',
    options: {},
    connection: { address: simulator.address, tls: false },
    logger: silentLogger,
  };
  try {
    await testFeed({ open: () => open(context), position: { kind: 'slot', field: 'slot' }, updates: 1_000 });
    const feed = await open(context);
    const got: Update[] = [];
    for await (const message of feed.read({ resume: undefined, signal: new AbortController().signal }))
      if ('updates' in message) got.push(...message.updates);
    expect(got.map(({ write_version, size, collateral }) => [Number(write_version), size, collateral])).toEqual(
      expected.map(({ write_version, size, collateral }) => [write_version, size, collateral]),
    );
    await expect(feed.health?.(AbortSignal.timeout(5_000))).resolves.toMatch(
      /^slots 3500\d+ to 3500\d+ can be read again$/,
    );
    await feed.close?.();
    const failing = (async () => {
      for await (const _ of (await open(context)).read({ resume: '5', signal: new AbortController().signal }));
    })();
    await expect(failing).rejects.toThrow(/slot 5 is outside the replay window/);
  } finally {
    await simulator.close();
  }
});
