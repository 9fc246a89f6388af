import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

export interface JarContents {
  /** Maven coordinates it tells of, `group:artifact:version` each. */
  readonly poms?: readonly string[];
  /** Classes by path without `.class`, each with the Java release it is built for. */
  readonly classes?: Readonly<Record<string, number>>;
  readonly files?: Readonly<Record<string, string | Buffer>>;
}

/** A jar in miniature: class files of nothing but their heads, compressed as a compiler's are. */
export async function makeJar({ poms = [], classes = {}, files = {} }: JarContents): Promise<Buffer> {
  const pomFiles = poms.map((pom) => {
    const [group = '', artifact = '', version = ''] = pom.split(':');
    return [`META-INF/maven/${group}/${artifact}/pom.properties`, `version=${version}\ngroupId=${group}\n`] as const;
  });
  const classFiles = Object.entries(classes).map(([name, java]) => [`${name}.class`, classFile(java)] as const);
  return makeZip(Object.fromEntries([...pomFiles, ...classFiles, ...Object.entries(files)]));
}

export async function makeZip(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const zip = new ZipFile();
  const mtime = new Date(2026, 0, 1);
  for (const [path, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), path, { mtime });
  zip.end();
  return buffer(zip.outputStream);
}

function classFile(java: number): Buffer {
  const bytes = Buffer.alloc(3_000, 'constant pool ');
  bytes.writeUInt32BE(0xcafebabe, 0);
  bytes.writeUInt16BE(0, 4);
  bytes.writeUInt16BE(java + 44, 6);
  return bytes;
}
