/** The beginning of a text, without the word that the limit would cut: half a secret is not recognised as one. */
export function cutAtWord(text: string, max: number): string {
  if (text.length <= max) return text;
  const beginning = text.slice(0, max);
  return `${beginning.slice(0, Math.max(0, beginning.search(/\s\S*$/)))} …`.trimStart();
}
