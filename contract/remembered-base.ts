import type { GitBase } from '../schemas/compatibility/git-base.ts';

/** The same base, where each file and folder is asked of git once: every question is two processes. */
export function rememberedBase(base: GitBase): GitBase {
  const texts = new Map<string, Promise<string | undefined>>();
  const lists = new Map<string, Promise<readonly string[]>>();
  return {
    ...base,
    read(path) {
      const known = texts.get(path) ?? base.read(path);
      texts.set(path, known);
      return known;
    },
    list(folder) {
      const known = lists.get(folder) ?? base.list(folder);
      lists.set(folder, known);
      return known;
    },
  };
}
