import { bare, type FeedCatalog, scopeOf } from './catalog.ts';
import type { EnumDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor } from './descriptor.ts';
import { refusedDescriptor } from './descriptor.ts';
import { hasPresence, isDelimited, isRepeated, SCALARS } from './field-shape.ts';
import { nameIn } from './type-names.ts';

/** A .proto as it is written. */
export interface ProtoText {
  readonly name: string;
  readonly text: string;
}

export interface ProtoOptions {
  /** The file with the service. */
  readonly main: string;
  /** Fields, by full name, that are written `optional` though the feed's own file does not: the bytes are the same. */
  readonly optional: ReadonlySet<string>;
  /** What a file of the feed is called here. */
  readonly rename: (file: string) => string;
}

/**
 * The text of a file and of those that it needs, the first first. It is proto3 whatever the feed's own is: what is on the wire is the same.
 * Google's own files are left to the loader. Errors: REFUSED for types that no file declares.
 */
export function protoTexts(catalog: FeedCatalog, { main, optional, rename }: ProtoOptions): readonly ProtoText[] {
  const texts: ProtoText[] = [];
  const pending = [main];
  for (const name of pending) {
    const file = catalog.files.get(name);
    if (file === undefined) throw refusedDescriptor(main, `${name} is missing`);
    const printer = createPrinter(catalog, file, optional);
    const body = printer.body();
    const imports = [...printer.used].sort();
    for (const one of imports) if (!OF_LOADER.test(one) && !pending.includes(one)) pending.push(one);
    const lines = [
      'syntax = "proto3";',
      '',
      ...(file.package ? [`package ${file.package};`, ''] : []),
      ...imports.map((one) => `import "${OF_LOADER.test(one) ? one : rename(one)}";`),
      ...(imports.length > 0 ? [''] : []),
      ...body,
    ];
    texts.push({ name: rename(name), text: `${lines.join('\n').trimEnd()}\n` });
  }
  return texts;
}

const OF_LOADER = /^google\/protobuf\//;
const OF_GOOGLE = /^google\.protobuf\./;
/** Files of the loader by the types that they declare. */
const LOADER_FILES: readonly (readonly [RegExp, string])[] = [
  [/^(Any)$/, 'any'],
  [/^(Timestamp)$/, 'timestamp'],
  [/^(Duration)$/, 'duration'],
  [/^(Empty)$/, 'empty'],
  [/^(FieldMask)$/, 'field_mask'],
  [/^(Struct|Value|ListValue|NullValue)$/, 'struct'],
  [/^\w+Value$/, 'wrappers'],
];

function createPrinter(catalog: FeedCatalog, file: FileDescriptor, optional: ReadonlySet<string>) {
  const used = new Set<string>();
  const fileOf = (type: string): string => {
    const known = LOADER_FILES.find(([names]) => OF_GOOGLE.test(type) && names.test(type.replace(OF_GOOGLE, '')));
    const found = known === undefined ? catalog.types.get(type)?.file : `google/protobuf/${known[1]}.proto`;
    if (found === undefined) throw refusedDescriptor(String(file.name), `no file declares ${type}`);
    return found;
  };
  const typeName = (name: string | undefined, scope: string): string => {
    const type = bare(name);
    const from = fileOf(type);
    if (from !== file.name) used.add(from);
    return nameIn(catalog, type, scope);
  };
  const fieldType = (field: FieldDescriptor, scope: string): string =>
    SCALARS[field.type ?? 0] ?? typeName(field.typeName, scope);

  function fieldLines(field: FieldDescriptor, owner: MessageDescriptor, scope: string): string[] {
    const { name = '', number = 0, jsonName } = field;
    if (isDelimited(field, file)) return [`// ${name} = ${number} is a group, which is not read.`];
    const entry = owner.nestedType?.find(
      (one) => one.options?.mapEntry === true && `${scope}.${one.name}` === bare(field.typeName),
    );
    const options = [
      ...(field.options?.packed === false ? ['packed = false'] : []),
      ...(jsonName !== undefined && jsonName !== defaultJsonName(name) && /^[\w-]+$/.test(String(jsonName))
        ? [`json_name = "${jsonName}"`]
        : []),
    ];
    const tail = ` ${name} = ${number}${options.length > 0 ? ` [${options.join(', ')}]` : ''};`;
    if (entry !== undefined) {
      const [key = {}, value = {}] = [...(entry.field ?? [])].sort((a, b) => (a.number ?? 0) - (b.number ?? 0));
      return [`map<${fieldType(key, scope)}, ${fieldType(value, scope)}>${tail}`];
    }
    const type = fieldType(field, scope);
    if (isRepeated(field)) return [`repeated ${type}${tail}`];
    const isMember = field.oneofIndex !== undefined && field.proto3Optional !== true;
    if (
      isMember ||
      (SCALARS[field.type ?? 0] === undefined && catalog.types.get(bare(field.typeName))?.enum === undefined)
    )
      return [`${type}${tail}`];
    if (optional.has(`${scope}.${name}`))
      return [
        `// \`optional\` is added here: the bytes are the same, and an absent value is not taken for 0.`,
        `optional ${type}${tail}`,
      ];
    return [`${hasPresence(field, file) ? 'optional ' : ''}${type}${tail}`];
  }

  function messageLines(message: MessageDescriptor, outer: string): string[] {
    const scope = `${outer}${message.name}`;
    const nested = (message.nestedType ?? []).filter(({ options }) => options?.mapEntry !== true);
    const fields = message.field ?? [];
    const oneofs = (message.oneofDecl ?? []).map(({ name }, index) => ({
      name,
      members: fields.filter((field) => field.oneofIndex === index && field.proto3Optional !== true),
    }));
    const lines: string[] = [];
    const written = new Set<FieldDescriptor>();
    for (const field of fields) {
      if (written.has(field)) continue;
      const oneof = oneofs.find(({ members }) => members.includes(field));
      if (oneof === undefined) lines.push(...fieldLines(field, message, scope));
      else {
        for (const member of oneof.members) written.add(member);
        const members = oneof.members.flatMap((member) => fieldLines(member, message, scope));
        lines.push(`oneof ${oneof.name} {`, ...indent(members), '}');
      }
    }
    return [
      `message ${message.name} {`,
      ...indent([
        ...reservedLines(message),
        ...(message.enumType ?? []).flatMap((one) => enumLines(one)),
        ...nested.flatMap((one) => messageLines(one, `${scope}.`)),
        ...lines,
      ]),
      '}',
    ];
  }

  return {
    used,
    body(): string[] {
      const scope = scopeOf(file);
      const services = (file.service ?? []).map((service) => [
        `service ${service.name} {`,
        ...indent(
          (service.method ?? []).map((method) => {
            const of = (type: string | undefined, isStream: boolean | undefined) =>
              `(${isStream === true ? 'stream ' : ''}${typeName(type, `${scope}${service.name}`)})`;
            return `rpc ${method.name}${of(method.inputType, method.clientStreaming)} returns ${of(method.outputType, method.serverStreaming)};`;
          }),
        ),
        '}',
      ]);
      const messages = (file.messageType ?? []).map((one) => messageLines(one, scope));
      const enums = (file.enumType ?? []).map((one) => enumLines(one));
      return [...services, ...messages, ...enums].flatMap((lines) => [...lines, '']);
    },
  };
}

function enumLines({ name, value = [], options }: EnumDescriptor): string[] {
  return [
    `enum ${name} {`,
    ...indent([
      ...(options?.allowAlias === true ? ['option allow_alias = true;'] : []),
      ...value.map((one) => `${one.name} = ${one.number ?? 0};`),
    ]),
    '}',
  ];
}

function reservedLines({ reservedRange = [], reservedName = [] }: MessageDescriptor): string[] {
  // A range ends before its end here, and with it in a .proto.
  const ranges = reservedRange.map(({ start = 0, end = 0 }) =>
    end - start === 1 ? `${start}` : `${start} to ${end - 1}`,
  );
  const names = reservedName.map((name) => `"${name}"`);
  return [ranges, names].flatMap((list) => (list.length > 0 ? [`reserved ${list.join(', ')};`] : []));
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** protoc's rule: an underscore goes and capitalises what follows. */
const defaultJsonName = (name: string): string => name.replace(/_+(.?)/g, (_match, next: string) => next.toUpperCase());
