import { ConnectError } from '../../core/errors.ts';
import { readLogical } from './avro-logical.ts';
import {
  type AvroDoc,
  type AvroRecordField,
  type AvroType,
  type NamedType,
  namespaceOf,
  PRIMITIVE_KINDS,
  type PrimitiveKind,
  type TypeUse,
} from './avro-model.ts';
import { type JsonDocument, type JsonPointer, parseJsonWithPositions } from './json-positions.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export interface AvroSource {
  readonly text: string;
  /** Relative to the project. */
  readonly file: string;
  /** What findings call this version; the file by default. */
  readonly label?: string | undefined;
}

/**
 * Parses an Avro schema (.avsc) with positions. Errors: INVALID_DEFINITION with every problem and its place in
 * `details.problems`. Defaults are not judged here: an invalid one is a finding.
 */
export function parseAvro({ text, file, label = file }: AvroSource): AvroDoc {
  const json = parseJsonWithPositions(text, file);
  const parser = new AvroParser();
  const root = parser.parse(json.value, [], '');
  const problems = parser.problems.map(({ at, message }) => ({ ...json.placeOf(at), message }));
  if (problems.length > 0) {
    throw new ConnectError('INVALID_DEFINITION', `${label} is not a valid Avro schema`, { details: { problems } });
  }
  return {
    file,
    label,
    root,
    name: 'name' in root.type ? root.type.name : undefined,
    types: parser.types,
    placeOf: json.placeOf,
    displayPath: (pointer) => displayPath(json, pointer),
  };
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FULL_NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

const isPrimitive = (word: unknown): word is PrimitiveKind => PRIMITIVE_KINDS.some((kind) => kind === word);
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

class AvroParser {
  readonly types = new Map<string, NamedType>();
  readonly problems: { at: JsonPointer; message: string }[] = [];

  parse(schema: unknown, at: JsonPointer, namespace: string): TypeUse {
    return { type: this.#type(schema, at, namespace), at };
  }

  #type(schema: unknown, at: JsonPointer, namespace: string): AvroType {
    if (typeof schema === 'string') return this.#reference(schema, at, namespace);
    if (Array.isArray(schema)) return this.#union(schema, at, namespace);
    if (!isObject(schema)) return this.#problem(at, 'a schema is a name, an object or a list of schemas');
    const { type } = schema;
    if (isPrimitive(type)) return { kind: type, logical: readLogical(schema, type) };
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(schema, at, namespace);
      case 'enum':
        return this.#enum(schema, at, namespace);
      case 'fixed':
        return this.#fixed(schema, at, namespace);
      case 'array':
        if (schema.items === undefined) return this.#problem(at, 'an array needs "items"');
        return { kind: 'array', items: this.parse(schema.items, [...at, 'items'], namespace) };
      case 'map':
        if (schema.values === undefined) return this.#problem(at, 'a map needs "values"');
        return { kind: 'map', values: this.parse(schema.values, [...at, 'values'], namespace) };
      case undefined:
        return this.#problem(at, 'this schema has no "type"');
      default:
        return this.#type(type, [...at, 'type'], namespace);
    }
  }

  #reference(word: string, at: JsonPointer, namespace: string): AvroType {
    if (isPrimitive(word)) return { kind: word, logical: undefined };
    const full = word.includes('.') || namespace === '' ? word : `${namespace}.${word}`;
    // A name without a dot that its namespace lacks may be one that has no namespace at all.
    const known = this.types.get(full) ?? this.types.get(word);
    return known ?? this.#problem(at, `type "${word}" is not defined before this place`);
  }

  #union(schemas: readonly unknown[], at: JsonPointer, namespace: string): AvroType {
    const branches = schemas.map((schema, index) => this.parse(schema, [...at, index], namespace));
    const seen = new Set<string>();
    for (const branch of branches) {
      const { type } = branch;
      if (type.kind === 'union') this.#problem(branch.at, 'a union must not directly hold another union');
      const key = 'name' in type ? type.name : type.kind;
      if (seen.has(key)) this.#problem(branch.at, `a union holds ${key} only once`);
      seen.add(key);
    }
    return { kind: 'union', branches };
  }

  #record(schema: JsonObject, at: JsonPointer, outer: string): AvroType {
    const { name, aliases } = this.#named(schema, at, outer);
    const fields: AvroRecordField[] = [];
    // Known before its fields are read, so that a record can hold itself.
    const record = this.#define({ kind: 'record', name, aliases, at, fields });
    if (!Array.isArray(schema.fields)) return this.#problem(at, `record ${name} needs "fields", a list`);
    for (const [index, field] of schema.fields.entries()) {
      const place = [...at, 'fields', index];
      if (!isObject(field) || typeof field.name !== 'string' || !NAME.test(field.name)) {
        this.#problem(place, 'a field needs a "name" of letters, digits and underscores');
      } else if (fields.some((known) => known.name === field.name)) {
        this.#problem([...place, 'name'], `record ${name} has field "${field.name}" twice`);
      } else if (field.type === undefined) {
        this.#problem(place, `field "${field.name}" needs a "type"`);
      } else {
        fields.push({
          name: field.name,
          aliases: this.#words(field.aliases, [...place, 'aliases'], 'aliases'),
          use: this.parse(field.type, [...place, 'type'], namespaceOf(name)),
          default: 'default' in field ? { value: field.default } : undefined,
          attributes: field,
          at: place,
        });
      }
    }
    return record;
  }

  #enum(schema: JsonObject, at: JsonPointer, outer: string): AvroType {
    const named = this.#named(schema, at, outer);
    const symbols = this.#words(schema.symbols, [...at, 'symbols'], 'symbols');
    if (!Array.isArray(schema.symbols)) this.#problem(at, `enum ${named.name} needs "symbols", a list`);
    for (const [index, symbol] of symbols.entries()) {
      const place = [...at, 'symbols', index];
      if (!NAME.test(symbol)) this.#problem(place, `"${symbol}" is not a symbol: letters, digits, underscores only`);
      if (symbols.indexOf(symbol) < index) this.#problem(place, `enum ${named.name} has symbol "${symbol}" twice`);
    }
    const fallback = schema.default;
    if (fallback !== undefined && !symbols.some((symbol) => symbol === fallback)) {
      this.#problem([...at, 'default'], `the default of enum ${named.name} is none of its symbols`);
    }
    return this.#define({
      kind: 'enum',
      ...named,
      at,
      symbols,
      default: typeof fallback === 'string' ? fallback : undefined,
    });
  }

  #fixed(schema: JsonObject, at: JsonPointer, outer: string): AvroType {
    const named = this.#named(schema, at, outer);
    const { size } = schema;
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0) {
      return this.#problem(at, `fixed ${named.name} needs "size", a number of bytes`);
    }
    return this.#define({ kind: 'fixed', ...named, at, size, logical: readLogical(schema, 'fixed', size) });
  }

  /** A dotted name carries its own namespace; else the attribute counts, else the enclosing one. */
  #named(schema: JsonObject, at: JsonPointer, outer: string): { name: string; aliases: readonly string[] } {
    const { name, namespace } = schema;
    if (typeof name !== 'string' || !FULL_NAME.test(name)) {
      this.#problem(at, `${String(schema.type)} needs a "name" of letters, digits and underscores`);
      return { name: '', aliases: [] };
    }
    if (
      namespace !== undefined &&
      (typeof namespace !== 'string' || !(namespace === '' || FULL_NAME.test(namespace)))
    ) {
      this.#problem([...at, 'namespace'], `the namespace of ${name} is not a dotted name`);
    }
    const inherited = typeof namespace === 'string' ? namespace : outer;
    const full = name.includes('.') || inherited === '' ? name : `${inherited}.${name}`;
    if (isPrimitive(full)) this.#problem(at, `${full} is the name of a primitive type`);
    const space = namespaceOf(full);
    const aliases = this.#words(schema.aliases, [...at, 'aliases'], 'aliases').map((alias) =>
      alias.includes('.') || space === '' ? alias : `${space}.${alias}`,
    );
    return { name: full, aliases };
  }

  #define<T extends NamedType>(type: T): T {
    if (type.name !== '' && this.types.has(type.name)) this.#problem(type.at, `type ${type.name} is defined twice`);
    this.types.set(type.name, type);
    return type;
  }

  #words(value: unknown, at: JsonPointer, what: string): readonly string[] {
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((word) => typeof word === 'string')) return value;
    this.#problem(at, `"${what}" is a list of strings`);
    return [];
  }

  /** Notes the problem and continues with a stand-in, so that all problems are reported at once. */
  #problem(at: JsonPointer, message: string): AvroType {
    this.problems.push({ at, message });
    return { kind: 'null', logical: undefined };
  }
}

function displayPath(json: JsonDocument, pointer: JsonPointer): string {
  let value: unknown = json.value;
  let above: string | number | undefined;
  const words = pointer.map((step) => {
    value = isObject(value) || Array.isArray(value) ? (value as Record<string | number, unknown>)[step] : undefined;
    const name = above === 'fields' && isObject(value) && typeof value.name === 'string' ? value.name : step;
    above = step;
    return name;
  });
  return `/${words.join('/')}`;
}
