import { buffer } from 'node:stream/consumers';
import { constants, inflateRawSync } from 'node:zlib';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import { ConnectError, messageOf } from '../../core/errors.ts';
import { parseProperties } from '../../core/properties.ts';

/** A Maven artifact, as a jar tells of itself. */
export interface Coordinates {
  readonly group?: string | undefined;
  readonly artifact: string;
  readonly version?: string | undefined;
}

/** One whose Maven file says everything. */
export type PackedArtifact = { readonly [Member in keyof Coordinates]-?: string };

/** A jar and what is inside, as far as it decides whether the jar can be loaded beside others. */
export interface Jar extends Coordinates {
  /** Its path in the plugin, with `/`. */
  readonly path: string;
  /** The file the user gave that it came from; undefined for one of the lock file. */
  readonly origin: string | undefined;
  readonly bytes: Buffer;
  readonly licence?: string | undefined;
  /** The Java release that its newest class needs, and that class; 0 for a jar without classes. */
  readonly java: number;
  readonly newestClass?: string | undefined;
  /** Artifacts packed into it, itself among them. */
  readonly contains: readonly PackedArtifact[];
  /** Every class by its path in the jar, with the CRC of its bytes. */
  readonly classes: ReadonlyMap<string, number>;
}

/** Class files of Java 11 are version 55, of Java 17 version 61. */
const CLASS_FILE_OFFSET = 44;
const CLASS_FILE_MAGIC = 0xcafebabe;
/** Longer than the code tables of a compressed entry, after which its first 8 bytes are known. */
const HEAD_BYTES = 1024;
const LOCAL_HEADER_BYTES = 30;

/** Reads a jar. Errors: USAGE when it is none. */
export async function readJar(path: string, origin: string | undefined, bytes: Buffer): Promise<Jar> {
  try {
    const zip = await fromBufferPromise(bytes);
    return { path, origin, bytes, ...(await describe(path, bytes, zip)) };
  } catch (error) {
    throw notReadable(origin ?? path, error);
  }
}

/** The jars in a zip, by their file names, as vendors publish a plugin. Errors: USAGE when it is no zip. */
export async function readJarsOf(origin: string, bytes: Buffer): Promise<{ name: string; bytes: Buffer }[]> {
  try {
    const zip = await fromBufferPromise(bytes);
    const jars: { name: string; bytes: Buffer }[] = [];
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('.jar')) continue;
      jars.push({ name: entry.fileName.split('/').at(-1) ?? entry.fileName, bytes: await contentOf(zip, entry) });
    }
    return jars;
  } catch (error) {
    throw notReadable(origin, error);
  }
}

const notReadable = (file: string, cause: unknown): ConnectError =>
  new ConnectError('USAGE', `${file} is no jar (${messageOf(cause)})`, {
    cause,
    hint: 'give jars, or zips that hold jars',
  });

async function describe(path: string, bytes: Buffer, zip: ZipFile): Promise<Omit<Jar, 'path' | 'origin' | 'bytes'>> {
  const classes = new Map<string, number>();
  const texts = new Map<string, string>();
  let java = 0;
  let newestClass: string | undefined;
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName;
    if (/^META-INF\/(MANIFEST\.MF|maven\/[^/]+\/[^/]+\/pom\.(properties|xml))$/.test(name)) {
      texts.set(name, (await contentOf(zip, entry)).toString('utf8'));
    }
    // Classes for a newer Java only, which an older one never looks at, and module descriptions, which Connect does not read.
    if (!name.endsWith('.class') || name.startsWith('META-INF/') || name.endsWith('module-info.class')) continue;
    classes.set(name, entry.crc32);
    const release = javaRelease(bytes, entry);
    if (release > java) {
      java = release;
      newestClass = name;
    }
  }
  const contains = containedArtifacts(texts);
  const own = ownCoordinates(path, contains);
  return { ...own, licence: licenceOf(texts, own), java, newestClass, contains, classes };
}

const contentOf = async (zip: ZipFile, entry: Entry): Promise<Buffer> => buffer(await zip.openReadStreamPromise(entry));

/** The release a class was compiled for, from its first 8 bytes; a stream for each of 20,000 classes would take seconds. */
export function javaRelease(jar: Buffer, entry: Entry): number {
  const at = entry.relativeOffsetOfLocalHeader;
  const start = at + LOCAL_HEADER_BYTES + jar.readUInt16LE(at + 26) + jar.readUInt16LE(at + 28);
  const raw = jar.subarray(start, start + Math.min(entry.compressedSize, HEAD_BYTES));
  const head = entry.compressionMethod === 0 ? raw : inflateRawSync(raw, { finishFlush: constants.Z_SYNC_FLUSH });
  return head.length >= 8 && head.readUInt32BE(0) === CLASS_FILE_MAGIC ? head.readUInt16BE(6) - CLASS_FILE_OFFSET : 0;
}

function containedArtifacts(texts: ReadonlyMap<string, string>): PackedArtifact[] {
  return [...texts].flatMap(([name, text]) => {
    const [, group, artifact] = /^META-INF\/maven\/([^/]+)\/([^/]+)\/pom\.properties$/.exec(name) ?? [];
    const version = parseProperties(text).version?.trim();
    return group && artifact && version ? [{ group, artifact, version }] : [];
  });
}

/** By the file's name; the group by the Maven file that agrees with it. */
function ownCoordinates(path: string, contains: readonly PackedArtifact[]): Coordinates {
  const file = (path.split('/').at(-1) ?? path).replace(/\.jar$/, '');
  const named = contains.filter(({ artifact }) => file === artifact || file.startsWith(`${artifact}-`));
  const own = named.sort((a, b) => b.artifact.length - a.artifact.length)[0];
  if (own !== undefined) return own;
  const [, artifact = file, version] = /^(.+?)-(\d[\w.+-]*)$/.exec(file) ?? [];
  return { artifact, version };
}

/** Theirs stands in a parent pom, which is not in the jar. */
const LICENCE_OF_GROUP: Readonly<Record<string, string>> = { 'io.apicurio': 'Apache-2.0', 'io.debezium': 'Apache-2.0' };

/** What the jar itself says: the licences of its pom, or of its manifest. */
function licenceOf(texts: ReadonlyMap<string, string>, { group = '', artifact }: Coordinates): string | undefined {
  const pom = texts.get(`META-INF/maven/${group}/${artifact}/pom.xml`) ?? '';
  const section = /<licenses>([\s\S]*?)<\/licenses>/.exec(pom)?.[1] ?? '';
  const names = [...section.matchAll(/<name>\s*([^<]*?)\s*<\/name>/g)].map(([, name]) => name);
  if (names.length > 0) return names.join(', ');
  // A line of a manifest goes on in the next one when that begins with a space.
  const manifest = (texts.get('META-INF/MANIFEST.MF') ?? '').replaceAll(/\r?\n /g, '');
  return /^Bundle-License:\s*(.+?)\s*$/m.exec(manifest)?.[1] ?? LICENCE_OF_GROUP[group];
}
