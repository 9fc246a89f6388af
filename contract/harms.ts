/** Which values of a setting harm, and what they do. */
export type Harm = readonly [harms: (value: string) => boolean, how: string];

export const always = (): boolean => true;
export const is = (harmful: RegExp) => (value: string) => harmful.test(value);
export const isNot = (wanted: RegExp) => (value: string) => !wanted.test(value.trim());

/** What a value does; undefined when it does no harm, or `settings` say nothing of its setting. */
export function harmOf(settings: Readonly<Record<string, Harm>>, name: string, value: string): string | undefined {
  const [harms, how] = (Object.hasOwn(settings, name) ? settings[name] : undefined) ?? [];
  return harms?.(value) ? how : undefined;
}
