import { type Place, startOf } from '../../pipeline/finding.ts';
import type { Reserved } from './proto-model.ts';

/** Where things are declared in one .proto file, by name: `PositionUpdate.size`, `Side.SIDE_LONG`, `syntax`. */
export interface ProtoPositions {
  of(name: string): Place;
  /** Where a name or a number comes up that its block already has. */
  repeatOf(nameOrNumber: string): Place | undefined;
  /** What a message or an enumeration reserves. */
  reservedBy(name: string): Reserved;
  /** The text with its `reserved` statements blanked out, every other character in its place. */
  readonly textWithoutReserved: string;
}

/** Everything that is no space: comments, texts, words (names, dotted types, numbers) and single signs. */
const TOKENS = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[\w.+-]+|\S/g;

/** What `max` stands for in a range. */
const MAX_FIELD_NUMBER = 2 ** 29 - 1;
const MAX_ENUM_NUMBER = 2 ** 31 - 1;

/**
 * protobufjs checks the grammar but keeps no positions (its tokenizer knows lines, no columns), so a second, shallow
 * reading finds the declarations. Expects a file that protobufjs has accepted.
 */
export function locateDeclarations(file: string, text: string): ProtoPositions {
  const scan = new Scan(file, text);
  scan.block('file', '');
  return {
    repeatOf: (nameOrNumber) => scan.repeats.get(nameOrNumber),
    reservedBy: (name) => scan.reserved.get(name) ?? { ranges: [], names: [] },
    get textWithoutReserved() {
      return scan.blanks.reduce(
        (blanked, [from, to]) =>
          blanked.slice(0, from) + blanked.slice(from, to).replace(/\S/g, ' ') + blanked.slice(to),
        text,
      );
    },
    of(name) {
      for (let known = name; known !== ''; known = known.slice(0, Math.max(0, known.lastIndexOf('.')))) {
        const place = scan.places.get(known);
        if (place !== undefined) return place;
      }
      return startOf(file);
    },
  };
}

interface Token {
  readonly text: string;
  readonly place: Place;
  readonly offset: number;
}

type Block = 'file' | 'message' | 'enum' | 'service' | 'skipped';

class Scan {
  readonly places = new Map<string, Place>();
  readonly repeats = new Map<string, Place>();
  readonly reserved = new Map<string, { ranges: [number, number][]; names: string[] }>();
  /** From and to, as offsets. */
  readonly blanks: [number, number][] = [];
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(file: string, text: string) {
    this.#tokens = tokenize(file, text);
  }

  /** Reads statements up to the closing brace. `prefix` is empty or ends with a dot. */
  block(kind: Block, prefix: string): void {
    const numbers = new Set<string>();
    for (let token = this.#take(); token !== undefined && token.text !== '}'; token = this.#take()) {
      this.#statement(kind, prefix, token, numbers);
    }
  }

  #statement(kind: Block, prefix: string, token: Token, numbers: Set<string>): void {
    switch (token.text) {
      case ';':
        break;
      case 'message':
      case 'enum':
      case 'service':
        this.#open(token.text, prefix);
        break;
      case 'extend':
        this.#takeUntil('{');
        this.block('skipped', prefix);
        break;
      case 'oneof':
        this.#oneof(prefix, numbers);
        break;
      case 'rpc':
        this.#note(prefix, this.#take());
        this.#skipRpc();
        break;
      case 'syntax':
      case 'edition':
      case 'package':
        this.#note(prefix, token);
        this.#skipStatement();
        break;
      case 'option':
      case 'import':
      case 'extensions':
        this.#skipStatement();
        break;
      case 'reserved':
        this.#reserved(prefix.slice(0, -1), token, kind === 'enum' ? MAX_ENUM_NUMBER : MAX_FIELD_NUMBER);
        break;
      default:
        this.#numbered(kind, prefix, token, numbers);
    }
  }

  #open(kind: Block, prefix: string): void {
    const name = this.#take();
    this.#note(prefix, name);
    this.#takeUntil('{');
    this.block(kind, `${prefix}${name?.text ?? ''}.`);
  }

  /** Its fields are the message's own, in names and in numbers. */
  #oneof(prefix: string, numbers: Set<string>): void {
    this.#takeUntil('{');
    for (let token = this.#take(); token !== undefined && token.text !== '}'; token = this.#take()) {
      this.#statement('message', prefix, token, numbers);
    }
  }

  /** A field or an enumeration value: the name stands before the first `=`, the number after it. */
  #numbered(kind: Block, prefix: string, first: Token, numbers: Set<string>): void {
    let name = first;
    for (let token = this.#take(); token !== undefined && token.text !== '='; token = this.#take()) name = token;
    const number = this.#take();
    if (kind !== 'skipped' && number !== undefined) {
      this.#note(prefix, name);
      if (numbers.has(number.text)) this.#repeat(number);
      numbers.add(number.text);
    }
    const end = this.#takeUntil(';', '{');
    // A group is a field and the message of its type in one.
    if (end?.text === '{') this.block('message', `${prefix}${name.text}.`);
  }

  /** `reserved 2, 5 to 8, 100 to max;` or `reserved "a", "b";`. */
  #reserved(holder: string, first: Token, max: number): void {
    const known = this.reserved.get(holder) ?? { ranges: [], names: [] };
    this.reserved.set(holder, known);
    let token = this.#take();
    for (; token !== undefined && token.text !== ';'; token = this.#take()) {
      const number = token.text === 'max' ? max : Number(token.text);
      if (token.text === 'to') {
        const last = this.#take()?.text;
        const range = known.ranges.at(-1);
        if (range !== undefined) range[1] = last === 'max' ? max : Number(last);
      } else if (Number.isInteger(number)) {
        known.ranges.push([number, number]);
      } else if (token.text !== ',') {
        known.names.push(token.text.replace(/^["']|["']$/g, ''));
      }
    }
    this.blanks.push([first.offset, (token?.offset ?? first.offset) + 1]);
  }

  #skipRpc(): void {
    if (this.#takeUntil(';', '{')?.text === '{') this.#skipBraces();
  }

  #skipStatement(): void {
    while (this.#takeUntil(';', '{')?.text === '{') this.#skipBraces();
  }

  #skipBraces(): void {
    for (let depth = 1; depth > 0; ) {
      const token = this.#takeUntil('{', '}');
      if (token === undefined) return;
      depth += token.text === '{' ? 1 : -1;
    }
  }

  #note(prefix: string, token: Token | undefined): void {
    if (token === undefined) return;
    const name = `${prefix}${token.text}`;
    if (this.places.has(name)) this.#repeat(token);
    else this.places.set(name, token.place);
  }

  #repeat({ text, place }: Token): void {
    if (!this.repeats.has(text)) this.repeats.set(text, place);
  }

  #take(): Token | undefined {
    const token = this.#tokens[this.#next];
    this.#next += 1;
    return token;
  }

  #takeUntil(...ends: readonly string[]): Token | undefined {
    let token = this.#take();
    while (token !== undefined && !ends.includes(token.text)) token = this.#take();
    return token;
  }
}

function tokenize(file: string, text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let seen = 0;
  for (const match of text.matchAll(TOKENS)) {
    for (let end = text.indexOf('\n', seen); end !== -1 && end < match.index; end = text.indexOf('\n', end + 1)) {
      line += 1;
      lineStart = end + 1;
    }
    seen = match.index;
    if (!/^\/[/*]/.test(match[0])) {
      const place = { file, line, column: match.index - lineStart + 1 };
      tokens.push({ text: match[0], offset: match.index, place });
    }
  }
  return tokens;
}
