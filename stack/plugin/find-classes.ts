import { fromBufferPromise } from 'yauzl';
import { javaRelease, readJarsOf } from './jar.ts';

/** A class in a jar of a plugin. */
export interface FoundClass {
  /** File name of the jar. */
  readonly jar: string;
  /** The Java release that it needs at least. */
  readonly java: number;
}

/** A class's place in a jar: `a.b.C$D` → `a/b/C$D.class`. */
export const classFileOf = (name: string): string => `${name.replaceAll('.', '/')}.class`;

/** Which of these classes the jars of a plugin ZIP hold, by name. Errors: USAGE when it is no ZIP. */
export async function findClasses(zip: Buffer, names: readonly string[]): Promise<ReadonlyMap<string, FoundClass>> {
  const found = new Map<string, FoundClass>();
  for (const { name: jar, bytes } of await readJarsOf('it', zip)) {
    // A jar's directory has the names as they are; to read one of 20,000 classes entry by entry takes far longer.
    const here = names.filter((name) => !found.has(name) && bytes.includes(classFileOf(name)));
    if (here.length === 0) continue;
    const wanted = new Map(here.map((name) => [classFileOf(name), name]));
    const file = await fromBufferPromise(bytes);
    for await (const entry of file.eachEntry()) {
      const name = wanted.get(entry.fileName);
      if (name !== undefined) found.set(name, { jar, java: javaRelease(bytes, entry) });
    }
  }
  return found;
}

const AWS_PROVIDERS = 'com.amazonaws.kafka.config.providers.';

/** How to get a class into a plugin. */
export const howToAdd = (name: string, buildCommand: string): string =>
  name.startsWith(AWS_PROVIDERS)
    ? `\`${buildCommand} --jar FILE\`, FILE being the release zip of github.com/aws-samples/msk-config-providers`
    : `\`${buildCommand} --jar FILE\`, FILE being the jar that holds it`;
