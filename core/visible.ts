/** What a terminal obeys or hides, and what turns the direction of writing; line ends and tabs stay. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
/** A line that GitHub's runner takes for a command; it passes over the space in front. */
const COMMAND = /^([^\S\n]*)::/gm;
/** And those that it, Azure DevOps and TeamCity find anywhere in a line. */
const COMMAND_INSIDE = /##(?=\[|vso\[|teamcity\[)/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A text in which nothing is obeyed by a terminal: control characters are written as `\u001b`. */
export const visible = (text: string): string => text.replaceAll('\r\n', '\n').replaceAll(UNSEEN, escaped);

/** A text in which nothing is obeyed by a CI system either. */
export const inert = (text: string): string =>
  visible(text).replaceAll(COMMAND, '$1| ::').replaceAll(COMMAND_INSIDE, '#\\#');

/** A value that stands inside a line: its own line ends and tabs are written as well. */
export const inLine = (value: string): string =>
  value.replaceAll(/[\n\r\t]/g, (character) => ({ '\n': '\\n', '\r': '\\r', '\t': '\\t' })[character] ?? character);

/** JSON in which the same is written as JSON writes it: all of it stands inside strings. */
export const visibleJson = (json: string): string =>
  json.replaceAll(UNSEEN, escaped).replaceAll(/##(?=\[|vso\[|teamcity\[)/g, '#\\u0023');
