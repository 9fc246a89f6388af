#!/usr/bin/env node
// Regenerates stack/artifacts.lock.json from stack/artifacts.json. For maintainers: needs `mvn`, `jar` and `tar` on the PATH.
//
//   node scripts/lock-artifacts.mjs
//
// Runtime dependencies are resolved by Maven itself, so the set of jars is the one their authors tested. Every file is
// then downloaded over HTTPS and hashed here; what Maven Central publishes as its checksum must agree.
// Of an archive the lock also holds the hash of every file kept from it, so that the unpacked files can be checked
// against the repository's own record at each start.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = JSON.parse(readFileSync(join(root, 'stack/artifacts.json'), 'utf8'));
const scratch = mkdtempSync(join(tmpdir(), 'lock-artifacts-'));

try {
  // `groups` make the embedded stack; `docker` are the parts that only the images have besides, `msk` what stands in for
  // MSK Connect on this machine.
  const lock = {
    repository: source.repository,
    groups: await lockGroups(source.groups),
    docker: await lockGroups(source.docker),
    msk: await lockGroups(source.msk),
  };
  writeFileSync(join(root, 'stack/artifacts.lock.json'), `${JSON.stringify(lock, null, 1)}\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function lockGroups(groups) {
  const locked = {};
  for (const [name, group] of Object.entries(groups)) {
    locked[name] = group.archive === undefined ? await lockJars(group) : await lockArchive(group);
    console.error(`${name}: ${locked[name].files.length} files`);
  }
  return locked;
}

/** Jars that Maven resolves as the runtime class path of the given coordinates. */
async function lockJars({ resolve, folder, exclude, services }) {
  const files = [];
  for (const coordinate of resolveRuntime(resolve)) {
    const path = mavenPath(coordinate);
    const name = basename(path);
    if (isExcluded(name, exclude)) continue;
    const bytes = await download(path);
    files.push({ name: folder === '' ? name : `${folder}/${name}`, path, ...digest(bytes) });
  }
  if (services !== undefined) files.push(serviceManifest(folder, services));
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { files };
}

/**
 * A jar of nothing but `META-INF/services`, for a plugin that comes without: with it the worker finds the plugin by
 * name and need not scan every class of every plugin, which took 11 of its 16 seconds to start.
 * It is small enough for the lock to hold it whole.
 */
function serviceManifest(folder, services) {
  const content = mkdtempSync(join(scratch, 'services-'));
  mkdirSync(join(content, 'META-INF/services'), { recursive: true });
  for (const [service, classes] of Object.entries(services)) {
    writeFileSync(join(content, 'META-INF/services', service), `${classes.join('\n')}\n`);
  }
  const jar = join(scratch, 'services.jar');
  run('jar', ['--create', `--file=${jar}`, '--no-manifest', '--date=2020-01-01T00:00:00Z', '-C', content, 'META-INF']);
  const bytes = readFileSync(jar);
  return { name: `${folder}/service-manifest.jar`, content: bytes.toString('base64'), ...digest(bytes) };
}

/** One archive, and every file that is kept from it. */
async function lockArchive({ archive, exclude }) {
  const path = mavenPath(archive);
  const bytes = await download(path);
  const folder = mkdtempSync(join(scratch, 'archive-'));
  const tarball = join(scratch, basename(path));
  writeFileSync(tarball, bytes);
  run('tar', ['-xzf', tarball, '-C', folder]);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !isExcluded(entry.name, exclude))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
    .map((name) => ({ name, ...digest(readFileSync(join(folder, name))) }));
  return { archive: { path, ...digest(bytes) }, files };
}

function resolveRuntime(coordinates) {
  const dependencies = coordinates.map((coordinate) => {
    const [groupId, artifactId, version] = coordinate.split(':');
    return `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version></dependency>`;
  });
  const pom = join(scratch, 'pom.xml');
  const list = join(scratch, 'list.txt');
  writeFileSync(
    pom,
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>lock</groupId>` +
      `<artifactId>lock</artifactId><version>1</version><dependencies>${dependencies.join('')}</dependencies></project>`,
  );
  run('mvn', ['-q', '-B', '-f', pom, 'dependency:list', '-DincludeScope=runtime', `-DoutputFile=${list}`]);
  const found = readFileSync(list, 'utf8').matchAll(/^\s+(\S+):(\S+):jar:(?:(\S+):)?([^:\s]+):(?:compile|runtime)/gm);
  return [...found].map(([, groupId, artifactId, classifier, version]) =>
    [groupId, artifactId, version, 'jar', ...(classifier === undefined ? [] : [classifier])].join(':'),
  );
}

/** `group:artifact:version[:type[:classifier]]` as a path in a Maven repository. */
function mavenPath(coordinate) {
  const [groupId, artifactId, version, type = 'jar', classifier] = coordinate.split(':');
  const suffix = classifier === undefined ? '' : `-${classifier}`;
  return `${groupId.replaceAll('.', '/')}/${artifactId}/${version}/${artifactId}-${version}${suffix}.${type}`;
}

async function download(path) {
  const bytes = Buffer.from(await (await request(path)).arrayBuffer());
  const published = (await (await request(`${path}.sha1`)).text()).trim().slice(0, 40);
  const actual = createHash('sha1').update(bytes).digest('hex');
  if (actual !== published) throw new Error(`${path}: sha1 is ${actual}, Maven Central publishes ${published}`);
  return bytes;
}

async function request(path) {
  const reply = await fetch(`${source.repository}/${path}`);
  if (!reply.ok) throw new Error(`${path}: HTTP ${reply.status}`);
  return reply;
}

function digest(bytes) {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
}

function isExcluded(name, patterns) {
  return patterns.some((pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(name));
}

function run(command, args) {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`);
}
