import type { Claim, ClaimLog, ClaimRecord } from '../../operate/lock/claim.ts';

/** A log of claims that several readers share, as one partition of a topic. */
export function inMemoryClaims() {
  let records: ClaimRecord[] = [];
  let end = 0n;
  return {
    /** A process's own view: each reads from where it stopped. `pause` is awaited before each call, so that a test can mix the steps of several. */
    reader(pause: () => Promise<void> = async () => {}): ClaimLog {
      let next = 0n;
      return {
        async read() {
          await pause();
          const found = records.filter(({ offset }) => offset >= next);
          next = end;
          return found;
        },
        async write(id: string, claim: Claim | undefined) {
          await pause();
          const offset = end;
          end += 1n;
          records.push({ id, offset, claim });
          return offset;
        },
      };
    },
    /** Keeps the last record of each claim alone, as Kafka's cleaner does. */
    compact(): void {
      const last = new Map(records.map((record) => [record.id, record]));
      records = records.filter((record) => last.get(record.id) === record);
    },
    get length(): number {
      return records.length;
    },
  };
}
