/** Somebody's claim to be the only one who acts on something, as it stands in the log. */
export interface Claim {
  /** Who: `alice@host, process 4711`. */
  readonly owner: string;
  /** What for: `connect deploy`. */
  readonly purpose: string;
  /** When it was first made: ISO, UTC, by the owner's clock. For people only. */
  readonly at: string;
  /** Who has seen no renewal for so long may end the claim. */
  readonly ttlMs: number;
  /** Offset of its first record, in digits: the lowest of the live claims holds. Left out in that record itself. */
  readonly ticket?: string | undefined;
}

/** A record of the log about a claim. `claim` is undefined when the claim has ended. */
export interface ClaimRecord {
  readonly id: string;
  readonly offset: bigint;
  readonly claim: Claim | undefined;
}

/** Where claims are written, one after the other, for everybody to read. Errors: UNREACHABLE, TIMEOUT, REFUSED, NOT_FOUND. */
export interface ClaimLog {
  /** What was written since the last read, to where the log ends now. The first read begins with the oldest record. */
  read(signal?: AbortSignal): Promise<readonly ClaimRecord[]>;
  /** Returns the record's offset once the log keeps it. */
  write(id: string, claim: Claim | undefined): Promise<bigint>;
}

/** What a record says of a claim whose key begins so; undefined of one that says nothing of any. */
export function claimIn(
  prefix: string,
  { key, value, offset }: { readonly key: Buffer | null; readonly value: Buffer | null; readonly offset: bigint },
): ClaimRecord | undefined {
  const name = key?.toString() ?? '';
  if (!name.startsWith(prefix)) return undefined;
  const claim = value === null ? undefined : parseClaim(value);
  return claim === undefined && value !== null ? undefined : { id: name.slice(prefix.length), offset, claim };
}

/** The claim in a record's value; undefined for other things. */
function parseClaim(value: Buffer): Claim | undefined {
  try {
    const { owner, purpose, at, ttlMs, ticket } = JSON.parse(value.toString());
    const isClaim = [owner, purpose, at].every((text) => typeof text === 'string') && Number.isSafeInteger(ttlMs);
    if (!isClaim || (ticket !== undefined && !/^\d{1,19}$/.test(String(ticket)))) return undefined;
    return { owner, purpose, at, ttlMs, ticket };
  } catch {
    return undefined;
  }
}
