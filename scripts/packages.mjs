// What this package is made of, from its two lock files: the npm packages and the jars. The SBOM and the audit read it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The sink's archive names its jars without their group. */
const SINK_GROUPS = {
  'agroal-api': 'io.agroal',
  'agroal-pool': 'io.agroal',
  'angus-activation': 'org.eclipse.angus',
  'antlr4-runtime': 'org.antlr',
  'byte-buddy': 'net.bytebuddy',
  classmate: 'com.fasterxml',
  'hibernate-agroal': 'org.hibernate.orm',
  'hibernate-core': 'org.hibernate.orm',
  'hibernate-models': 'org.hibernate.models',
  'istack-commons-runtime': 'com.sun.istack',
  'jakarta.activation-api': 'jakarta.activation',
  'jakarta.inject-api': 'jakarta.inject',
  'jakarta.persistence-api': 'jakarta.persistence',
  'jakarta.transaction-api': 'jakarta.transaction',
  'jakarta.ws.rs-api': 'jakarta.ws.rs',
  'jakarta.xml.bind-api': 'jakarta.xml.bind',
  'jaxb-core': 'org.glassfish.jaxb',
  'jaxb-runtime': 'org.glassfish.jaxb',
  'jboss-logging': 'org.jboss.logging',
  postgresql: 'org.postgresql',
  'sketches-java': 'com.datadoghq',
  txw2: 'org.glassfish.jaxb',
};

/** Every npm package and every jar that the lock files pin, each once, with its package URL and its hash. */
export function lockedPackages() {
  const read = (path) => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');
  const all = [...npmPackages(read('pnpm-lock.yaml')), ...jars(JSON.parse(read('stack/artifacts.lock.json')))];
  return [...new Map(all.map((found) => [found.purl, found])).values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
}

/** The section `packages` of pnpm's lock file: a name, and below it the hash. */
export function npmPackages(lock) {
  const section = lock.slice(lock.indexOf('\npackages:\n'), lock.indexOf('\nsnapshots:\n'));
  const entries = section.matchAll(/^ {2}'?(@?[^@\s']+)@([^\s':]+)'?:\n {4}resolution: \{integrity: sha512-([^,}]+)/gm);
  const packages = [...entries].map(([, name, version, integrity]) => ({
    purl: `pkg:npm/${name.replace('@', '%40')}@${encodeURIComponent(version)}`,
    name,
    version,
    hash: { alg: 'SHA-512', content: Buffer.from(integrity, 'base64').toString('hex') },
  }));
  const expected = section.match(/^ {2}\S/gm)?.length ?? 0;
  if (packages.length === 0 || packages.length !== expected) {
    throw new Error(
      `pnpm-lock.yaml: ${packages.length} of ${expected} packages were understood; its format has changed`,
    );
  }
  return packages;
}

/** Jars by their path in a Maven repository, or by their name in an archive. Other files are none. */
export function jars({ repository: _repository, ...sections }) {
  return Object.values(sections)
    .flatMap((groups) => Object.values(groups))
    .flatMap(({ archive, files }) => [
      ...(archive === undefined ? [] : [jar(fromPath(archive.path), archive.sha256)]),
      ...files
        .filter(({ name, content }) => name.endsWith('.jar') && content === undefined && !/-runner\.jar$/.test(name))
        .map(({ name, path, sha256 }) => jar(path === undefined ? fromName(name) : fromPath(path), sha256)),
    ]);
}

function jar({ group, artifact, version }, sha256) {
  return {
    purl: `pkg:maven/${group}/${artifact}@${encodeURIComponent(version)}`,
    name: `${group}:${artifact}`,
    version,
    hash: { alg: 'SHA-256', content: sha256 },
  };
}

function fromPath(path) {
  const parts = path.split('/');
  return { group: parts.slice(0, -3).join('.'), artifact: parts.at(-3), version: parts.at(-2) };
}

/** `lib/[modified-]<group>.<artifact>-<version>.jar` of the registry, `<folder>/<artifact>-<version>.jar` of the sink. */
function fromName(file) {
  const parsed = /^(?:.*\/)?(?:modified-)?(.+?)-(\d.*)\.jar$/.exec(file);
  if (parsed === null) throw new Error(`stack/artifacts.lock.json: ${file} has no version in its name`);
  const [, name, version] = parsed;
  if (file.startsWith('lib/')) return { ...split(name), version };
  const group = name.startsWith('debezium-') ? 'io.debezium' : SINK_GROUPS[name];
  if (group === undefined) throw new Error(`${file} has no group: add it to SINK_GROUPS in scripts/packages.mjs`);
  return { group, artifact: name, version };
}

/** An artifact has a dot only where it begins with its group: `jakarta.ws.rs` and `jakarta.ws.rs-api`. */
function split(name) {
  const dots = [...name.matchAll(/\./g)].map(({ index }) => index);
  const repeats = dots.find((dot) => name.slice(dot + 1).startsWith(name.slice(0, dot)));
  const at = repeats ?? dots.at(-1);
  return { group: name.slice(0, at), artifact: name.slice(at + 1) };
}
