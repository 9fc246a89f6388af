/**
 * Compares two versions by the numbers in them, from left to right; negative when `a` is older than `b`.
 * Words do not count (`v`, `-ccs`, `.Final`), and a missing number is 0: `v20.12.0` equals `20.12`.
 */
export function compareVersions(a: string, b: string): number {
  const left = numbers(a);
  const right = numbers(b);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether `version` is older than `than`. */
export const isOlder = (version: string, than: string): boolean => compareVersions(version, than) < 0;

const numbers = (version: string): number[] => (version.match(/\d+/g) ?? []).map(Number);
