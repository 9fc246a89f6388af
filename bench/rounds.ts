/** One side of a comparison: does its work once and tells how much it did a second. */
export interface Contender {
  readonly name: string;
  run(): Promise<number>;
}

export interface RoundsOptions {
  readonly rounds: number;
  /** Rounds that are run before and not counted: compilers warm up, caches fill. Default 1. */
  readonly warmUps?: number;
  readonly onResult?: (name: string, round: number, perSecond: number) => void;
  /** A meter that is read before and after each run, and who is told the difference. */
  readonly meter?: { read(): number | undefined; used(name: string, amount: number): void };
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs all contenders in each round, one after the other, every other round in reverse, so that none is always the first.
 * Returns what each measured, in the order of the rounds.
 */
export async function runRounds(
  contenders: readonly Contender[],
  options: RoundsOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const { rounds, warmUps = 1, onResult, meter, signal } = options;
  const results = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      signal?.throwIfAborted();
      const before = meter?.read();
      const perSecond = await contender.run();
      const after = meter?.read();
      if (round < 0) continue;
      if (before !== undefined && after !== undefined) meter?.used(contender.name, after - before);
      results.get(contender.name)?.push(perSecond);
      onResult?.(contender.name, round + 1, perSecond);
    }
  }
  return results;
}
