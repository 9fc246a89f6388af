/**
 * Keeps the account updates of each bank until one that was built on it is final, and hands them on in the order of slots. What became of a bank is
 * told by name, or by its descendants alone. A bank that is built on nothing final is forgotten: what it wrote never happened.
 * `resume`: the slot that was handed on last, as text.
 */
export function createFinalBanks(resume) {
  /** Banks that are neither handed on nor forgotten, by their id. */
  const open = new Map();
  /** The bank that was handed on last. */
  let last;

  return { account, status };

  /** An account that a bank has written. */
  function account(update) {
    open.get(update.bank)?.updates.push(update);
  }

  /** What becomes of a bank. Returns the banks that are final now, the oldest first. Errors: Error where something of them is missing. */
  function status({ slot, bank, parent, stage, updates }) {
    if (stage === 'BANK_STAGE_CREATED') open.set(bank, { slot: BigInt(slot), bank, parent, updates: [] });
    else if (stage === 'BANK_STAGE_PROCESSED' && open.has(bank)) open.get(bank).count = Number(updates);
    else if (stage === 'BANK_STAGE_DEAD') open.delete(bank);
    else if (stage === 'BANK_STAGE_FINALIZED') return finalize(bank, BigInt(slot));
    return [];
  }

  function finalize(bank, slot) {
    // Told again, or after a descendant.
    if (last !== undefined && slot <= last.slot) return [];
    const chain = [];
    let id = bank;
    for (let one = open.get(id); one !== undefined; one = open.get(id)) {
      chain.unshift(one);
      id = one.parent;
    }
    const [first] = chain;
    if (first === undefined)
      throw new Error(`bank ${bank} of slot ${slot} is final, and nobody has told when it began`);
    if (last !== undefined && first.parent !== last.bank)
      throw new Error(`bank ${first.parent}, on which slot ${first.slot} was built, is missing`);
    if (last === undefined && resume !== undefined && first.slot > BigInt(resume))
      throw new Error(`slot ${resume} was asked for, and slot ${first.slot} came first`);
    for (const one of chain)
      if (one.count !== one.updates.length)
        throw new Error(
          `slot ${one.slot} has ${one.count ?? 'an unknown number of'} updates, and ${one.updates.length} came`,
        );
    last = chain.at(-1);
    for (const one of open.values()) if (one.slot <= last.slot) open.delete(one.bank);
    for (const one of chain) one.updates.sort((a, b) => Number(BigInt(a.write_version) - BigInt(b.write_version)));
    return chain;
  }
}
