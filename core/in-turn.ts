/** What becomes of each item, one after the other. (`Array.fromAsync` does that from Node 22 on.) */
export async function inTurn<T, R>(items: Iterable<T>, act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await act(item));
  return results;
}
