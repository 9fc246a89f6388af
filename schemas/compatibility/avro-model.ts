import type { Place } from '../../pipeline/finding.ts';
import type { JsonPointer } from './json-positions.ts';

/** A schema with every name resolved; what it says is compared, never how it is written. */
export interface AvroDoc {
  /** Relative to the project; for a version of the registry, its subject. */
  readonly file: string;
  /** What findings call it: "main at 1a2b3c4", "registry version 3". */
  readonly label: string;
  readonly root: TypeUse;
  /** Full name of the outermost type, when it has one. */
  readonly name: string | undefined;
  readonly types: ReadonlyMap<string, NamedType>;
  placeOf(pointer: JsonPointer): Place;
  /** The pointer as people read it: `/fields/size/type`, fields by their name. */
  displayPath(pointer: JsonPointer): string;
}

/** A type at one place of the schema: for a reference by name, the place of the reference. */
export interface TypeUse {
  readonly type: AvroType;
  readonly at: JsonPointer;
}

export const PRIMITIVE_KINDS = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
export type PrimitiveKind = (typeof PRIMITIVE_KINDS)[number];

/** A logical type as Avro implementations understand it; one that Avro must ignore is no logical type. */
export interface LogicalType {
  /** `decimal`, `date`, `timestamp-millis`, … */
  readonly name: string;
  /** Decimals only. */
  readonly precision: number;
  readonly scale: number;
}

/** A `logicalType` attribute: what it means, or why Avro ignores it. */
export type LogicalAttribute =
  | { readonly means: LogicalType }
  | { readonly ignored: string; readonly because: string }
  | undefined;

export interface PrimitiveType {
  readonly kind: PrimitiveKind;
  readonly logical: LogicalAttribute;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly items: TypeUse;
}

export interface MapType {
  readonly kind: 'map';
  readonly values: TypeUse;
}

export interface UnionType {
  readonly kind: 'union';
  readonly branches: readonly TypeUse[];
}

interface Named {
  /** With its namespace: `perps.v1.PositionUpdate`. */
  readonly name: string;
  /** Full names. */
  readonly aliases: readonly string[];
  /** Where the definition stands. */
  readonly at: JsonPointer;
}

export interface FixedType extends Named {
  readonly kind: 'fixed';
  readonly size: number;
  readonly logical: LogicalAttribute;
}

export interface EnumType extends Named {
  readonly kind: 'enum';
  readonly symbols: readonly string[];
  /** What a reader takes for a symbol it does not know. */
  readonly default: string | undefined;
}

export interface RecordType extends Named {
  readonly kind: 'record';
  readonly fields: readonly AvroRecordField[];
}

export type NamedType = FixedType | EnumType | RecordType;
export type AvroType = PrimitiveType | ArrayType | MapType | UnionType | NamedType;

export interface AvroRecordField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly use: TypeUse;
  readonly default: { readonly value: unknown } | undefined;
  /** The field's JSON object: the producer's limits (`maxLength`, `allowed`, …) stand in it. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly at: JsonPointer;
}

/** The name without its namespace. */
export const shortName = (fullName: string): string => fullName.slice(fullName.lastIndexOf('.') + 1);

/** The namespace, empty when there is none. */
export const namespaceOf = (fullName: string): string => fullName.slice(0, Math.max(0, fullName.lastIndexOf('.')));

/** The logical type that counts. */
export const logicalOf = (type: AvroType): LogicalType | undefined =>
  'logical' in type && type.logical !== undefined && 'means' in type.logical ? type.logical.means : undefined;

/** A type in a few words: `bytes decimal(38,8)`, `array of string`, `union of null and long`. */
export function describe({ type }: TypeUse): string {
  switch (type.kind) {
    case 'array':
      return `array of ${describe(type.items)}`;
    case 'map':
      return `map of ${describe(type.values)}`;
    case 'union':
      return `union of ${type.branches.map(describe).join(' and ') || 'nothing'}`;
    case 'record':
    case 'enum':
      return `${type.kind} ${type.name}`;
    case 'fixed':
      return [`fixed ${type.name}`, ...describeLogical(type)].join(' ');
    default:
      return [type.kind, ...describeLogical(type)].join(' ');
  }
}

/** `decimal(38,8)` or the logical type's name. */
export function logicalText({ name, precision, scale }: LogicalType): string {
  return name === 'decimal' ? `decimal(${precision},${scale})` : name;
}

function describeLogical(type: AvroType): string[] {
  const logical = logicalOf(type);
  return logical === undefined ? [] : [logicalText(logical)];
}
