import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import { hasErrors } from '../../../../pipeline/finding.ts';
import { checkAvroCompatibility } from '../../../../schemas/compatibility/avro.ts';
import { parseAvro } from '../../../../schemas/compatibility/avro-parse.ts';

type Schema = string | Schema[] | { [key: string]: unknown };

const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];
const DEFAULTS: Record<string, unknown> = {
  null: null,
  boolean: true,
  int: 7,
  long: 8,
  float: 1.5,
  double: 2.5,
  bytes: '',
  string: 'x',
};

function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Random schemas without logical types, namespaces and aliases of fields: there we differ from avsc on purpose. */
class Generator {
  readonly #below: (below: number) => number;
  #records: string[] = [];
  #names = 0;

  constructor(seed: number) {
    this.#below = seeded(seed);
  }

  schema(): Schema {
    this.#records = [];
    this.#names = 0;
    return this.#record(0);
  }

  /** The same schema with one to three things changed somewhere. */
  changed(schema: Schema): Schema {
    const copy = structuredClone(schema);
    for (let times = 1 + this.#below(3); times > 0; times -= 1) {
      const records = recordsIn(copy);
      const record = records[this.#below(records.length)] as {
        fields: { name: string; type: Schema; default?: unknown }[];
      };
      this.#change(record.fields);
    }
    return copy;
  }

  #change(fields: { name: string; type: Schema; default?: unknown }[]): void {
    const at = this.#below(Math.max(1, fields.length));
    const field = fields[at];
    const kind = this.#below(9);
    if (field === undefined || kind === 0) {
      const type = this.#pick(PRIMITIVES);
      fields.push({ name: `n${this.#below(1000)}_${fields.length}`, type, ...this.#maybeDefault(type) });
    } else if (kind === 1) {
      if (!defines(field.type)) fields.splice(at, 1);
    } else if (kind === 2) {
      fields.reverse();
      // Types are defined where they are used first: turning the fields round would move definitions.
      if (fields.some(({ type }) => defines(type) || refers(type))) fields.reverse();
    } else if (kind === 3) {
      delete field.default;
    } else {
      field.type = this.#retyped(field.type, kind);
      delete field.default;
      if (this.#below(2) === 0) Object.assign(field, this.#maybeDefault(field.type));
    }
  }

  #retyped(type: Schema, kind: number): Schema {
    if (typeof type === 'string') {
      if (!PRIMITIVES.includes(type)) return kind < 7 ? ['null', type].slice(this.#below(2)) : type;
      return kind < 7 ? this.#pick(PRIMITIVES) : type === 'null' ? ['null', 'int'] : ['null', type];
    }
    if (Array.isArray(type)) {
      const copy = [...type];
      if (kind === 4 && copy.length > 1)
        copy.splice(
          copy.findIndex((branch) => !defines(branch)),
          1,
        );
      else if (kind === 5) copy.reverse();
      else {
        const extra = this.#pick(PRIMITIVES);
        if (!copy.includes(extra)) copy.push(extra);
      }
      return copy.length === 0 || copy.some(defines) !== type.some(defines) ? type : copy;
    }
    if (type.type === 'array') return { ...type, items: this.#retyped(type.items as Schema, kind) };
    if (type.type === 'map') return { ...type, values: this.#retyped(type.values as Schema, kind) };
    if (type.type === 'fixed') return { ...type, size: (type.size as number) + this.#below(2) };
    if (type.type === 'enum') {
      const symbols = type.symbols as string[];
      const others = kind < 6 ? symbols.slice(this.#below(2)) : [...symbols, `S${this.#below(9) + 10}`];
      const { default: _, ...rest } = type;
      const usable = others.length > 0 ? others : symbols;
      return { ...rest, symbols: usable, ...(this.#below(2) === 0 ? { default: usable[0] } : {}) };
    }
    return type;
  }

  #type(depth: number): Schema {
    const kind = this.#below(depth > 3 ? 5 : 11);
    if (kind < 5) return this.#pick(PRIMITIVES);
    if (kind === 5) return { type: 'array', items: this.#type(depth + 1) };
    if (kind === 6) return { type: 'map', values: this.#type(depth + 1) };
    if (kind === 7) {
      const symbols = ['S0', 'S1', 'S2'].slice(this.#below(3));
      return { type: 'enum', name: this.#name('E'), symbols, ...(this.#below(3) === 0 ? { default: symbols[0] } : {}) };
    }
    if (kind === 8) return { type: 'fixed', name: this.#name('F'), size: 1 + this.#below(3) };
    if (kind === 9) return this.#union(depth);
    // A reference to a record around this place must be able to end: only a union lets it.
    return this.#record(depth + 1);
  }

  #union(depth: number): Schema {
    const branches: Schema[] = [];
    for (const primitive of PRIMITIVES) if (this.#below(4) === 0) branches.push(primitive);
    if (this.#below(2) === 0 && depth < 3) branches.push(this.#record(depth + 1));
    else if (this.#below(2) === 0 && this.#records.length > 0) branches.push(this.#pick(this.#records));
    return branches.length === 0 ? ['null'] : branches;
  }

  #record(depth: number): Schema {
    const name = this.#name('R');
    this.#records.push(name);
    const fields = Array.from({ length: 1 + this.#below(4) }, (_, index) => {
      const type = this.#type(depth);
      return { name: `f${index}`, type, ...this.#maybeDefault(type) };
    });
    return { type: 'record', name, fields };
  }

  #maybeDefault(type: Schema): object {
    if (this.#below(2) === 0) return {};
    const first = Array.isArray(type) ? type[0] : type;
    return typeof first === 'string' && first in DEFAULTS ? { default: DEFAULTS[first] } : {};
  }

  #name(prefix: string): string {
    this.#names += 1;
    return `${prefix}${this.#names}`;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }
}

const children = (schema: Schema): Schema[] => {
  if (typeof schema === 'string') return [];
  if (Array.isArray(schema)) return schema;
  const { fields, items, values } = schema as { fields?: { type: Schema }[]; items?: Schema; values?: Schema };
  return [...(fields ?? []).map(({ type }) => type), ...[items, values].filter((child) => child !== undefined)];
};
const recordsIn = (schema: Schema): Schema[] => [
  ...(typeof schema === 'object' && 'fields' in schema ? [schema] : []),
  ...children(schema).flatMap(recordsIn),
];
const defines = (schema: Schema): boolean =>
  (typeof schema === 'object' && 'name' in schema) || children(schema).some(defines);
const refers = (schema: Schema): boolean =>
  (typeof schema === 'string' && !PRIMITIVES.includes(schema)) || children(schema).some(refers);

const avscType = (schema: Schema) => avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: true });
const ourDoc = (schema: Schema) => parseAvro({ text: JSON.stringify(schema), file: 'p.avsc' });

function succeeds(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

const avscReads = (reader: Schema, writer: Schema): boolean => {
  const [readerType, writerType] = [avscType(reader), avscType(writer)];
  return succeeds(() => readerType.createResolver(writerType));
};

const CASES = 600;

describe('random changes of random schemas', () => {
  it(`are judged as avsc judges them, in both directions (${CASES} cases)`, () => {
    const seen = { invalid: 0, compatible: 0, incompatible: 0 };
    const unlike: object[] = [];
    for (let seed = 1; seed <= CASES; seed += 1) {
      const generator = new Generator(seed);
      const older = generator.schema();
      const newer = generator.changed(older);
      const valid = succeeds(() => ourDoc(newer));
      if (valid !== succeeds(() => avscType(newer))) unlike.push({ seed, newer, valid });
      if (!valid) {
        seen.invalid += 1;
        continue;
      }
      const [before, after] = [ourDoc(older), ourDoc(newer)];
      const backward = !hasErrors(checkAvroCompatibility(before, after, 'BACKWARD'));
      const forward = !hasErrors(checkAvroCompatibility(before, after, 'FORWARD'));
      if (backward !== avscReads(newer, older)) unlike.push({ seed, older, newer, backward });
      if (forward !== avscReads(older, newer)) unlike.push({ seed, older, newer, forward });
      seen[backward ? 'compatible' : 'incompatible'] += 1;
    }
    expect(unlike).toEqual([]);
    // No verdict may be so rare that the comparison proves nothing.
    expect(Math.min(seen.compatible, seen.incompatible), JSON.stringify(seen)).toBeGreaterThan(CASES / 6);
  });
});
