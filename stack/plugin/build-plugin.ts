import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ConnectError } from '../../core/errors.ts';
import { writeWhole } from '../../core/write-whole.ts';
import { stackGroups } from '../artifacts.ts';
import { artifactStore, type FetchOptions, fetchArtifacts } from '../fetch-artifacts.ts';
import { storageError } from '../folders.ts';
import { classFileOf, howToAdd } from './find-classes.ts';
import { type Jar, readJar, readJarsOf } from './jar.ts';
import { resolveJarConflicts } from './resolve-jar-conflicts.ts';
import { writeZip, type ZipEntry } from './write-zip.ts';

export interface PluginRequest extends Pick<FetchOptions, 'onProgress' | 'signal'> {
  /** Where the zip is written. */
  readonly out: string;
  /** The Java release of the workers that will load it. */
  readonly java: number;
  /** Whose Avro converter decodes: Apicurio's is pinned here, Confluent's must be among `jars`. */
  readonly converter: 'apicurio' | 'confluent';
  /** Classes that the configurations name: the plugin has to hold each. */
  readonly classes: readonly RequiredClass[];
  /** Jars of the user's, or zips of jars: config providers, a converter. */
  readonly jars: readonly string[];
  /** The process environment: CONNECT_CACHE_DIR and CONNECT_MAVEN_URL are read from it. */
  readonly env: NodeJS.ProcessEnv;
}

/** A class that a setting names. */
export interface RequiredClass {
  readonly name: string;
  readonly setting: string;
}

export type PluginManifest = ReturnType<typeof describePlugin>;

export type BuiltPlugin = Awaited<ReturnType<typeof buildPlugin>>;

export const MANIFEST_PATH = 'plugin-manifest.json';
const ADDED_FOLDER = 'added';
const CONFLUENT_CONVERTER = 'io/confluent/connect/avro/AvroConverter.class';

/**
 * Writes one zip with the sink, the converter and the user's jars, for MSK Connect or a plugin folder. The same jars
 * give the same bytes, on every machine. Errors: USAGE naming every jar that cannot be loaded and every class that no jar holds, those
 * of `fetchArtifacts`.
 */
export async function buildPlugin(request: PluginRequest) {
  const { converter, java, out } = request;
  const added = await addedJars(request.jars);
  if (converter === 'confluent' && !added.some(({ classes }) => classes.has(CONFLUENT_CONVERTER))) throw noConverter();
  const pinned = await pinnedFiles(request);
  const { kept, notes, problems } = resolveJarConflicts([...(await jarsOf(pinned)), ...added], java);
  if (problems.length > 0) throw unloadable(problems, java);
  const absent = request.classes.filter(({ name }) => !kept.some(({ classes }) => classes.has(classFileOf(name))));
  if (absent.length > 0) throw lacksClasses(absent);
  const manifest = describePlugin(converter, kept);
  const texts = pinned.filter(({ path }) => !path.endsWith('.jar'));
  const zip = await writeZip([
    ...kept.map(({ path, bytes }) => ({ path, bytes })),
    ...texts,
    { path: MANIFEST_PATH, bytes: Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`) },
  ]);
  try {
    writeWhole(out, zip);
  } catch (error) {
    throw storageError(error, dirname(out)) ?? error;
  }
  // MSK Connect tells the MD5 of the file it has taken, and nothing else to compare.
  return { path: out, size: zip.length, sha256: hash('sha256', zip), md5: hash('md5', zip), manifest, notes };
}

async function pinnedFiles({ converter, env, onProgress, signal }: PluginRequest): Promise<ZipEntry[]> {
  const store = artifactStore(env);
  const groups = stackGroups(store.cache);
  const pinned = converter === 'apicurio' ? [groups.sink, groups.converter] : [groups.sink];
  await fetchArtifacts(pinned, { ...store, onProgress, signal });
  const read = async (folder: string, path: string) => ({ path, bytes: await readFile(join(folder, path)) });
  return Promise.all(pinned.flatMap(({ folder, files }) => files.map(({ name }) => read(folder, name))));
}

const jarsOf = (files: readonly ZipEntry[]): Promise<Jar[]> =>
  Promise.all(
    files.filter(({ path }) => path.endsWith('.jar')).map(({ path, bytes }) => readJar(path, undefined, bytes)),
  );

async function addedJars(files: readonly string[]): Promise<Jar[]> {
  const jars: Jar[] = [];
  // By name: the folders of two machines differ.
  for (const file of files.toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1))) {
    const bytes = await readFile(file).catch((error: unknown) => {
      throw new ConnectError('USAGE', `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
        cause: error,
      });
    });
    const found = file.endsWith('.jar') ? [{ name: basename(file), bytes }] : await readJarsOf(file, bytes);
    if (found.length === 0) throw new ConnectError('USAGE', `${file} holds no jar`);
    for (const { name, bytes: content } of found) jars.push(await readJar(`${ADDED_FOLDER}/${name}`, file, content));
  }
  return jars;
}

/** What the plugin lists inside. */
function describePlugin(converter: string, jars: readonly Jar[]) {
  return {
    /** The Java release that the workers must have at least. */
    java: Math.max(...jars.map((jar) => jar.java)),
    converter,
    jars: [...jars]
      .sort((a, b) => (a.path < b.path ? -1 : 1))
      .map(({ path, group, artifact, version, bytes, licence, java }) => ({
        path,
        name: group === undefined ? artifact : `${group}:${artifact}`,
        version: version ?? null,
        sha256: hash('sha256', bytes),
        /** As the jar itself says. */
        licence: licence ?? null,
        java,
      })),
  };
}

function unloadable(problems: readonly string[], java: number): ConnectError {
  const list = problems.map((problem) => `\n  ${problem}`).join('');
  return new ConnectError('USAGE', `these jars cannot be one plugin for workers with Java ${java}:${list}`, {
    details: { reasons: problems, java },
    hint: 'give other versions by --jar, or choose a worker with a newer Java',
  });
}

function lacksClasses(absent: readonly RequiredClass[]): ConnectError {
  const lines = absent.map(({ name, setting }) => `\n  ${name}, which ${setting} names`);
  return new ConnectError('USAGE', `no jar holds what the configuration names; nothing was written:${lines.join('')}`, {
    details: { classes: absent },
    hint: [...new Set(absent.map(({ name }) => howToAdd(name, 'connect plugin build')))].join('; '),
  });
}

const noConverter = (): ConnectError =>
  new ConnectError('USAGE', "worker.converter is confluent, and no jar holds Confluent's AvroConverter", {
    hint: 'give it by --jar: the zip of kafka-connect-avro-converter from Confluent, under its own licence',
  });
