import { compareVersions } from '../../core/version.ts';
import type { Jar } from './jar.ts';

/**
 * What the worker brings. Its class loader never takes Kafka's from a plugin. It would take Jackson, but then Hibernate meets
 * the plugin's Jackson and the modules of the worker's, which do not fit, and the sink's task fails at its start.
 */
const OF_THE_WORKER = new Set([
  'kafka-clients',
  'connect-api',
  'connect-runtime',
  'slf4j-api',
  'jackson-annotations',
  'jackson-core',
  'jackson-databind',
  'jackson-datatype-jdk8',
]);

/** A class that every copy of the SDK has, by the generation of the SDK. */
const AWS_SDKS: Readonly<Record<string, string>> = {
  'AWS SDK 1': 'com/amazonaws/AmazonWebServiceClient.class',
  'AWS SDK 2': 'software/amazon/awssdk/core/SdkClient.class',
};
const AWS_SDK_GROUP = 'software.amazon.awssdk';

/**
 * Decides about jars that one class loader is to load together: MSK gives a connector a single plugin. Of one artifact
 * in two versions the newer stays when both have the same major version, as Gradle does; otherwise that is a problem.
 * Gives the jars that go into the plugin, what was decided on the way, and what forbids it.
 */
export function resolveJarConflicts(jars: readonly Jar[], java: number) {
  const notes: string[] = [];
  const problems: string[] = [];
  const ofPlugin = jars.filter((jar) => {
    if (!OF_THE_WORKER.has(jar.artifact)) return true;
    notes.push(`${nameOf(jar)} is left out: the worker loads its own`);
    return false;
  });
  const mixed = awsVersions(ofPlugin);
  if (mixed !== undefined) problems.push(mixed);
  const kept = oneOfEach(ofPlugin, notes, problems);
  problems.push(...tooNew(kept, java), ...copiesOfAwsSdk(kept, notes));
  notes.push(...overlaps(kept));
  return { kept, notes, problems };
}

function oneOfEach(jars: readonly Jar[], notes: string[], problems: string[]): Jar[] {
  const chosen = new Map<string, Jar>();
  for (const jar of jars) {
    const other = chosen.get(jar.artifact);
    if (other === undefined) {
      chosen.set(jar.artifact, jar);
      continue;
    }
    const reason = unlike(other, jar);
    if (reason !== undefined) problems.push(`${nameOf(other)} and ${nameOf(jar)} ${reason}`);
    const [stays, goes] = compareVersions(jar.version ?? '', other.version ?? '') > 0 ? [jar, other] : [other, jar];
    chosen.set(jar.artifact, stays);
    if (reason === undefined && !stays.bytes.equals(goes.bytes)) {
      notes.push(`${nameOf(goes)} is left out for ${nameOf(stays)}: one class loader takes one version`);
    }
  }
  return [...chosen.values()];
}

/** Why neither of two jars of one name can stand for the other; undefined when one can. */
function unlike(a: Jar, b: Jar): string | undefined {
  if (a.bytes.equals(b.bytes)) return undefined;
  if (a.group !== undefined && b.group !== undefined && a.group !== b.group) {
    return `have one name and come from different groups (${a.group}, ${b.group})`;
  }
  if (a.version === undefined || b.version === undefined) return 'differ, and one of them does not tell its version';
  if (a.version === b.version) return 'have one version and different contents';
  return majorOf(a.version) === majorOf(b.version) ? undefined : 'are different major versions of one artifact';
}

/** One line for each file the user gave, and one for what is pinned. */
function tooNew(jars: readonly Jar[], limit: number): string[] {
  const byOrigin = new Map<string | undefined, Jar[]>();
  for (const jar of jars.filter(({ java }) => java > limit)) {
    byOrigin.set(jar.origin, [...(byOrigin.get(jar.origin) ?? []), jar]);
  }
  return [...byOrigin.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const more = others.length === 0 ? '' : ` and ${others.length} more like it`;
    const example = first.newestClass?.replace(/\.class$/, '');
    return [`${nameOf(first)}${more}: built for Java ${first.java} (${example}), and the target runs Java ${limit}`];
  });
}

/** AWS SDK 2 is many artifacts that only work in one version. */
function awsVersions(jars: readonly Jar[]): string | undefined {
  const owners = new Map<string, string>();
  for (const jar of jars) {
    for (const { group, version } of jar.contains) {
      if (group === AWS_SDK_GROUP && !owners.has(version)) owners.set(version, nameOf(jar));
    }
  }
  if (owners.size < 2) return undefined;
  const list = [...owners].map(([version, owner]) => `${version} in ${owner}`).join(', ');
  return `AWS SDK 2 in ${owners.size} versions (${list}): a worker fails on it with NoSuchFieldError`;
}

function copiesOfAwsSdk(jars: readonly Jar[], notes: string[]): string[] {
  const found = Object.entries(AWS_SDKS)
    .map(([sdk, probe]) => ({ sdk, owners: jars.filter(({ classes }) => classes.has(probe)).map(nameOf) }))
    .filter(({ owners }) => owners.length > 0);
  if (found.length > 1) {
    const list = found.map(({ sdk, owners }) => `${sdk} in ${owners.join(', ')}`).join('; ');
    notes.push(`two generations of the AWS SDK (${list}): what they share, such as Jackson, must suit both`);
  }
  return found
    .filter(({ owners }) => owners.length > 1)
    .map(({ sdk, owners }) => `${sdk} is in ${owners.join(' and in ')}: a worker loads parts of both`);
}

/** Classes with one name and different contents: which of them is loaded depends on the order of the files. */
function overlaps(jars: readonly Jar[]): string[] {
  const owners = new Map<string, Jar>();
  const pairs = new Map<string, { first: Jar; second: Jar; classes: string[] }>();
  for (const jar of jars) {
    for (const [name, crc] of jar.classes) {
      const first = owners.get(name);
      if (first === undefined) owners.set(name, jar);
      // The pinned ones are known to work together.
      else if ((first.origin ?? jar.origin) !== undefined && first.classes.get(name) !== crc) {
        const key = `${first.path}\n${jar.path}`;
        const pair = pairs.get(key) ?? { first, second: jar, classes: [] };
        pair.classes.push(name);
        pairs.set(key, pair);
      }
    }
  }
  return [...pairs.values()].map(
    ({ first, second, classes }) =>
      `${nameOf(first)} and ${nameOf(second)} have ${classes.length} classes of the same name and different contents, ${classes[0]} for one`,
  );
}

function nameOf({ path, origin }: Pick<Jar, 'path' | 'origin'>): string {
  const file = path.split('/').at(-1) ?? path;
  if (origin === undefined) return `${file} (pinned by this package)`;
  return origin.endsWith(file) ? origin : `${file} (in ${origin})`;
}

const majorOf = (version: string): string => version.split('.')[0] ?? version;
