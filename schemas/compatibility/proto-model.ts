import type { Place } from '../../pipeline/finding.ts';

/** The .proto files of a version, seen together: types refer to each other across files. */
export interface ProtoSet {
  /** What findings call it: "main at 1a2b3c4". */
  readonly label: string;
  /** By path, relative to the project. */
  readonly files: ReadonlyMap<string, ProtoFile>;
  /** By full name, as are the others. */
  readonly messages: ReadonlyMap<string, ProtoMessage>;
  readonly enums: ReadonlyMap<string, ProtoEnum>;
  readonly services: ReadonlyMap<string, ProtoService>;
}

export interface ProtoFile {
  readonly path: string;
  /** Empty when the file declares none. */
  readonly package: string;
  readonly syntax: string;
  readonly packagePlace: Place;
  readonly syntaxPlace: Place;
}

/** What is declared somewhere. */
export interface Declared {
  /** Full name: `perps.v1.PositionUpdate`; of fields and values their own name. */
  readonly name: string;
  readonly place: Place;
}

/** Numbers and names that must not come back. */
export interface Reserved {
  /** First and last number, both included. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly names: readonly string[];
}

export interface ProtoMessage extends Declared {
  readonly fields: readonly ProtoField[];
  readonly reserved: Reserved;
  /** The option `message_set_wire_format` of proto1 days. */
  readonly messageSet: boolean;
}

/** Whether a single field's presence is tracked makes no difference on the wire or in JSON, so `single` is both. */
export type Cardinality = 'single' | 'required' | 'repeated' | 'map';

export interface ProtoField extends Declared {
  readonly number: number;
  /** A scalar's name, or the full name of a message or enumeration; the value's type for a map. */
  readonly type: string;
  /** Maps only. */
  readonly keyType: string | undefined;
  readonly cardinality: Cardinality;
  /** The oneof it belongs to. */
  readonly oneof: string | undefined;
  /** Written `optional`: whether it was sent can be told from its zero. */
  readonly optional: boolean;
  readonly jsonName: string;
  /** proto2 only. */
  readonly default: string | undefined;
}

export interface ProtoEnum extends Declared {
  readonly values: readonly ProtoEnumValue[];
  readonly reserved: Reserved;
}

export interface ProtoEnumValue extends Declared {
  readonly number: number;
}

export interface ProtoService extends Declared {
  readonly methods: readonly ProtoMethod[];
}

export interface ProtoMethod extends Declared {
  readonly requestType: string;
  readonly responseType: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly idempotencyLevel: string;
}

export const isReservedNumber = ({ ranges }: Reserved, number: number): boolean =>
  ranges.some(([first, last]) => number >= first && number <= last);
