import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCatalog, findMethod } from '../../../../../producer/feed/inspect/catalog.ts';
import { describedFiles } from '../../../../../producer/feed/inspect/descriptor-set.ts';
import { protoTexts } from '../../../../../producer/feed/inspect/proto-text.ts';
import { reflectedFiles } from '../../../../../producer/feed/inspect/reflection.ts';
import {
  DESCRIBED,
  DESCRIPTOR_SET,
  describedBytes,
  type ReflectionServerOptions,
  serveReflection,
} from '../../../../support/reflection-server.ts';

const SHAPES = 'vendor/shapes/shapes.proto';

let closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

async function reflected(options: ReflectionServerOptions = {}, timeoutMs = 5_000) {
  const server = await serveReflection(options);
  closing.push(server.close);
  return reflectedFiles({
    address: server.address,
    tls: false,
    token: undefined,
    timeoutMs,
    signal: new AbortController().signal,
  });
}

/** What a proto means: names in full, without options that no byte depends on. */
function meaningOf(file: string, folders: readonly string[]) {
  const root = new protobuf.Root();
  const byDefault = root.resolvePath.bind(root);
  root.resolvePath = (origin, target) => {
    const folder = folders.find((one) => {
      try {
        return readFileSync(join(one, target)) !== undefined;
      } catch {
        return false;
      }
    });
    return folder === undefined ? byDefault(origin, target) : join(folder, target);
  };
  root.loadSync(file, { keepCase: true }).resolveAll();
  const lines: string[] = [];
  const visit = (one: protobuf.ReflectionObject): void => {
    if (one.fullName.startsWith('.google.')) return;
    if (one instanceof protobuf.Type) {
      for (const field of one.fieldsArray) {
        const key = field instanceof protobuf.MapField ? field.keyType : '';
        const type = field.resolvedType?.fullName ?? field.type;
        const oneof = field.partOf === null || field.options?.proto3_optional ? '' : field.partOf.name;
        const optional = field.options?.proto3_optional === true;
        lines.push(
          `${one.fullName}.${field.name} ${field.id} ${key} ${type} ${field.repeated} ${field.packed} ${oneof} ${optional} ${field.options?.json_name}`,
        );
      }
      lines.push(`${one.fullName} reserved ${JSON.stringify(one.reserved)}`);
    }
    if (one instanceof protobuf.Enum) lines.push(`${one.fullName} ${JSON.stringify(one.values)}`);
    if (one instanceof protobuf.Service) {
      for (const method of one.methodsArray)
        lines.push(
          `${one.fullName}/${method.name} ${method.resolvedRequestType?.fullName} ${method.requestStream} ${method.resolvedResponseType?.fullName} ${method.responseStream}`,
        );
    }
    if (one instanceof protobuf.Namespace) for (const nested of one.nestedArray) visit(nested);
  };
  visit(root);
  return lines.sort();
}

describe('a service that describes itself', () => {
  it.each(['v1', 'v1alpha'] as const)('is read by reflection %s, with every file that it imports', async (version) => {
    const { methods } = createCatalog(await reflected({ versions: [version] }));
    expect(methods.find(({ method }) => method === 'Upload')).toEqual({
      service: 'vendor.shapes.v1.Shapes',
      method: 'Upload',
      kind: 'client streaming',
      request: 'vendor.shapes.v1.Ask',
      answer: 'vendor.shapes.v1.Scalar',
      file: SHAPES,
    });
    expect(methods).toHaveLength(13);
  });

  it('is told from one that has no reflection, and from one that cannot be reached', async () => {
    await expect(reflected({ versions: [] })).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('has no server reflection'),
      hint: expect.stringMatching(/protoc --include_imports.*buf build/),
    });
    const server = await serveReflection();
    server.close();
    const gone = {
      address: server.address,
      tls: false,
      token: undefined,
      timeoutMs: 1_500,
      signal: new AbortController().signal,
    } as const;
    await expect(reflectedFiles(gone)).rejects.toMatchObject({ code: expect.stringMatching(/UNREACHABLE|TIMEOUT/) });
    const again = await serveReflection();
    closing.push(again.close);
    await expect(reflectedFiles({ ...gone, address: again.address, tls: true })).rejects.toMatchObject({
      code: expect.stringMatching(/UNREACHABLE|REFUSED/),
      hint: expect.stringMatching(/tls/i),
    });
  });

  it('gets the headers it asks for, and its refusal is told', async () => {
    const requires = { authorization: 'Bearer long-enough-token', 'x-desk': 'blue' };
    await expect(reflected({ requires })).rejects.toMatchObject({
      message: expect.stringContaining('asks for a token'),
    });
    const server = await serveReflection({ requires });
    closing.push(server.close);
    const { address } = server;
    const files = await reflectedFiles({
      address,
      tls: false,
      token: 'long-enough-token',
      metadata: { 'x-desk': 'blue' },
      timeoutMs: 5_000,
      signal: new AbortController().signal,
    });
    expect(files.has(SHAPES)).toBe(true);
  });
});

/** A descriptor of one file, from its JSON. */
const forged = async (file: object): Promise<Buffer> => {
  const { default: descriptor } = await import('protobufjs/ext/descriptor/index.js');
  return Buffer.from(descriptor.FileDescriptorProto.encode(descriptor.FileDescriptorProto.fromObject(file)).finish());
};

describe('a hostile description', () => {
  it.each([
    [
      'control characters in a name',
      { name: 'a.proto', messageType: [{ name: 'A\u001b[2J' }] },
      /is no name of a \.proto/,
    ],
    ['a line end in a file name', { name: 'a\n.proto' }, /a file has the name/],
    ['code in a package', { name: 'a.proto', package: 'a; option x = 1' }, /is no name of a type/],
    ['a name of 2,000 characters', { name: 'a.proto', messageType: [{ name: 'A'.repeat(2000) }] }, /is no name/],
    [
      '20,001 types',
      { name: 'a.proto', messageType: Array.from({ length: 20_001 }, (_, index) => ({ name: `A${index}` })) },
      /more than 20000 types/,
    ],
  ])('is refused: %s', async (_name, file, says) => {
    const bytes = await forged(file);
    const forge = (asked: { list_services?: string }, reply: object) =>
      asked.list_services === undefined ? { files: { file: [bytes] } } : reply;
    await expect(reflected({ forge })).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringMatching(says) });
  });

  it('is refused when it is no descriptor, when there is no end to it, and when it never answers', async () => {
    const none = () => ({ files: { file: [Buffer.from([0x0a, 0xff, 0xff])] } });
    await expect(
      reflected({ forge: (asked, reply) => (asked.list_services === undefined ? none() : reply) }),
    ).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringContaining('does not decode') });
    let count = 0;
    const files = await Promise.all(
      Array.from({ length: 600 }, (_, index) =>
        forged({ name: `f${index}.proto`, dependency: [`f${index + 1}.proto`] }),
      ),
    );
    const endless = () => ({ files: { file: [files[count++]] } });
    await expect(
      reflected({ forge: (asked, reply) => (asked.list_services === undefined ? endless() : reply) }),
    ).rejects.toMatchObject({ message: expect.stringContaining('more than 500 files') });
    await expect(reflected({ forge: () => undefined as never }, 400)).rejects.toMatchObject({ code: 'TIMEOUT' });
    const many = { list: { service: Array.from({ length: 300 }, (_, index) => ({ name: `a.S${index}` })) } };
    await expect(reflected({ forge: () => many })).rejects.toMatchObject({
      message: expect.stringContaining('300 services'),
    });
  });

  it('ends where files import each other in a circle, or one is missing', async () => {
    const bytes = await Promise.all([
      forged({
        name: 'a.proto',
        dependency: ['b.proto'],
        service: [
          { name: 'S', method: [{ name: 'M', inputType: '.B', outputType: '.gone.C', serverStreaming: true }] },
        ],
      }),
      forged({ name: 'b.proto', dependency: ['a.proto', 'gone.proto'], messageType: [{ name: 'B' }] }),
    ]);
    const forge = (asked: { list_services?: string; file_by_filename?: string }, reply: object) => {
      if (asked.list_services !== undefined) return { list: { service: [{ name: 'S' }] } };
      if (asked.file_by_filename === 'gone.proto') return reply;
      return { files: { file: [asked.file_by_filename === 'b.proto' ? bytes[1] : bytes[0]] } };
    };
    const catalog = createCatalog(await reflected({ forge }));
    expect([...catalog.files.keys()]).toEqual(['a.proto', 'b.proto']);
    expect(() => protoTexts(catalog, { main: 'a.proto', optional: new Set(), rename: (name) => name })).toThrow(
      /no file declares gone\.C/,
    );
  });
});

describe('methods by name', () => {
  const catalog = createCatalog(describedFiles(DESCRIPTOR_SET));
  it.each([
    ['vendor.shapes.v1.Shapes/Lists', 'Lists'],
    ['Shapes/Scalars', 'Scalars'],
    ['Trees', 'Trees'],
    ['Shapes/Once', 'Once'],
  ])('%s', (name, method) => expect(findMethod(catalog, name).method).toBe(method));
  it.each([
    ['Scalars', /Scalars means 2 methods/],
    ['Shapes/Tree', /no method Shapes\/Tree; did you mean "Shapes\/Trees"/],
    ['Shapes/Upload', /is client streaming, and a feed answers one request/],
  ])('%s is refused', (name, says) => expect(() => findMethod(catalog, name)).toThrow(says));
});

describe('the proto that is written', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'perps-connect-inspect-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const flat = (name: string) => name.replaceAll('/', '_');
  const write = (catalog: ReturnType<typeof createCatalog>, main: string) => {
    const texts = protoTexts(catalog, { main, optional: new Set(), rename: flat });
    for (const { name, text } of texts) writeFileSync(join(folder, name), text);
    return texts;
  };

  it('means what the served one means', async () => {
    const texts = write(createCatalog(await reflected()), SHAPES);
    expect(texts.map(({ name }) => name)).toEqual([flat(SHAPES), 'vendor_shapes_common.proto']);
    expect(meaningOf(join(folder, flat(SHAPES)), [folder])).toEqual(meaningOf(join(DESCRIBED, SHAPES), [DESCRIBED]));
  });

  it('is proto3 with the same bytes for proto2 and editions, and says of groups that they are not read', () => {
    const catalog = createCatalog(describedFiles(DESCRIPTOR_SET));
    const [old] = write(catalog, 'vendor/shapes/old.proto');
    expect(old?.text).toContain(
      '  optional string ref = 1;\n  optional int64 qty = 2;\n  optional bool firm = 3;\n  repeated int32 legs = 4 [packed = false];'.replace(
        ' [packed = false]',
        '',
      ),
    );
    expect(old?.text).toContain('// extra = 6 is a group, which is not read.');
    const [edition] = write(catalog, 'vendor/shapes/edition.proto');
    expect(edition?.text).toMatch(
      / {2}optional string ref = 1;\n {2}int64 qty = 2;\n {2}optional bool firm = 3;\n {2}\/\/ inner = 4 is a group, which is not read\.\n {2}Inner plain = 5;/,
    );
    for (const name of ['old', 'edition'])
      new protobuf.Root().loadSync(join(folder, `vendor_shapes_${name}.proto`)).resolveAll();
  });

  it('reads each descriptor of the fixture as it is on disk', () => {
    expect([...describedBytes().keys()].filter((name) => dirname(name) === 'vendor/shapes').sort()).toEqual(
      ['common', 'edition', 'old', 'shapes'].map((name) => `vendor/shapes/${name}.proto`),
    );
  });
});
