/** The same promise for every caller. `again`: a task that has failed runs anew for the next caller. */
export function once<T, Args extends unknown[]>(
  task: (...args: Args) => Promise<T>,
  { again = false }: { readonly again?: boolean } = {},
): (...args: Args) => Promise<T> {
  let promise: Promise<T> | undefined;
  return (...args) => {
    promise ??= task(...args).catch((error: unknown) => {
      if (again) promise = undefined;
      throw error;
    });
    return promise;
  };
}
