/** Negative when `a` is older than `b`; what follows the numbers (`-ccs`, ` (Debian …)`) does not count. */
export function compareVersions(a: string, b: string): number {
  const left = numbers(a);
  const right = numbers(b);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const numbers = (version: string): number[] => (/^v?([\d.]+)/.exec(version)?.[1] ?? '').split('.').map(Number);
