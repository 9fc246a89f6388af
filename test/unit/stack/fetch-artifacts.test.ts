import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as tar from 'tar';
import { describe, expect, it } from 'vitest';
import { type CachedGroup, inCache, readArtifactLock } from '../../../stack/artifacts.ts';
import { artifactStore, fetchArtifacts } from '../../../stack/fetch-artifacts.ts';
import { type FileServer, type Misbehaviour, serveFiles } from '../../support/file-server.ts';
import { scratchFolder } from '../../support/scratch.ts';

const digest = (bytes: Buffer) => ({ sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length });

interface Fixture {
  readonly jars: CachedGroup;
  readonly converter: CachedGroup;
  readonly sink: CachedGroup;
  readonly cache: string;
  readonly server: FileServer;
  readonly notes: string[];
  fetch(signal?: AbortSignal): Promise<void>;
}

/** Two jars, a file held by the lock, and an archive with one file too many. */
async function fixture(misbehave?: Misbehaviour): Promise<Fixture> {
  const folder = scratchFolder();
  const [first, second, inline, plugin] = [randomBytes(50_000), randomBytes(100), Buffer.from('x'), randomBytes(500)];
  const content = join(folder, 'content');
  for (const [name, bytes] of [
    ['plugin/plugin.jar', plugin],
    ['plugin/driver-not-wanted.jar', randomBytes(10)],
  ] as const) {
    mkdirSync(dirname(join(content, name)), { recursive: true });
    writeFileSync(join(content, name), bytes);
  }
  await tar.create({ file: join(folder, 'plugin.tar.gz'), gzip: true, cwd: content }, ['plugin']);
  const archive = readFileSync(join(folder, 'plugin.tar.gz'));
  const server = await serveFiles(
    { 'm/first.jar': first, 'm/second.jar': second, 'm/plugin.tar.gz': archive },
    misbehave,
  );
  const cache = join(folder, 'cache');
  const jars = inCache(cache, 'kafka', { files: [{ name: 'first.jar', path: 'm/first.jar', ...digest(first) }] });
  const converter = inCache(cache, 'converter', {
    files: [
      { name: 'converter/second.jar', path: 'm/second.jar', ...digest(second) },
      { name: 'converter/inline.jar', content: inline.toString('base64'), ...digest(inline) },
    ],
  });
  const sink = inCache(cache, 'sink', {
    archive: { path: 'm/plugin.tar.gz', ...digest(archive) },
    files: [{ name: 'plugin/plugin.jar', ...digest(plugin) }],
  });
  const notes: string[] = [];
  const fetch = (signal?: AbortSignal) =>
    fetchArtifacts([jars, converter, sink], {
      repository: `${server.url}/`,
      cache,
      attempts: 2,
      onNote: (note) => notes.push(note),
      signal,
    });
  return { jars, converter, sink, cache, server, notes, fetch };
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();

describe('fetchArtifacts', () => {
  it('fetches jars, unpacks what is wanted of archives, and leaves nothing else in the cache', async () => {
    const { fetch, cache, converter } = await fixture();
    await fetch();
    expect(filesIn(cache)).toEqual(['first.jar', 'inline.jar', 'plugin.jar', 'second.jar']);
    expect(readFileSync(join(converter.folder, 'converter/inline.jar'), 'utf8')).toBe('x');
  });

  it('fetches from a mirror when the environment names one', () => {
    const env = { CONNECT_CACHE_DIR: '/cache' };
    const { repository } = readArtifactLock();
    expect(artifactStore(env)).toEqual({ repository, cache: '/cache' });
    expect(artifactStore({ ...env, CONNECT_MAVEN_URL: 'http://mirror/' }).repository).toBe('http://mirror/');
  });

  it('asks for nothing when everything is there', async () => {
    const { fetch, server } = await fixture();
    await fetch();
    const before = server.requests.length;
    await fetch();
    expect(server.requests).toHaveLength(before);
  });

  it('fetches a jar again that somebody has changed, and says so', async () => {
    const { fetch, server, notes, jars } = await fixture();
    await fetch();
    const jar = join(jars.folder, 'first.jar');
    const original = readFileSync(jar);
    const last = original.at(-1) ?? 0;
    writeFileSync(jar, Buffer.concat([original.subarray(0, -1), Buffer.from([255 - last])]));
    await fetch();
    expect(readFileSync(jar).equals(original)).toBe(true);
    expect(server.requests.at(-1)?.path).toBe('m/first.jar');
    expect(notes).toEqual([expect.stringContaining(`${jar} is not the locked file`)]);
  });

  it('unpacks an archive again of whose files one was changed', async () => {
    const { fetch, sink } = await fixture();
    await fetch();
    const jar = join(sink.folder, 'plugin/plugin.jar');
    const original = readFileSync(jar);
    writeFileSync(jar, 'tampered');
    await fetch();
    expect(readFileSync(jar).equals(original)).toBe(true);
  });

  it('removes a file from a plugin folder that the lock does not name: the worker would load it', async () => {
    const { fetch, notes, sink } = await fixture();
    await fetch();
    writeFileSync(join(sink.folder, 'plugin', 'stranger.jar'), 'x');
    await fetch();
    expect(filesIn(sink.folder)).toEqual(['plugin.jar']);
    expect(notes).toEqual([expect.stringContaining('stranger.jar does not belong there')]);
  });

  it('lets two at once do the work of one', async () => {
    const { fetch, server } = await fixture();
    await Promise.all([fetch(), fetch()]);
    expect(server.requests.map(({ path }) => path).sort()).toEqual(['m/first.jar', 'm/plugin.tar.gz', 'm/second.jar']);
  });

  it('uses nothing of an archive that does not hold the locked files', async () => {
    const { sink, cache, server } = await fixture();
    const wrong = { ...sink, files: [{ name: 'plugin/plugin.jar', sha256: '0'.repeat(64), size: 500 }] };
    await expect(fetchArtifacts([wrong], { repository: server.url, cache })).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining('plugin/plugin.jar'),
    });
    expect(() => readdirSync(wrong.folder)).toThrow('ENOENT');
    expect(readdirSync(join(cache, 'incomplete'))).toEqual([]);
  });

  it('stops at the first file that cannot be had, and goes on from there the next time', async () => {
    let broken = true;
    const { fetch, server, cache } = await fixture((reply, _file, _count, message) => {
      if (!broken || !message.url?.includes('first')) return false;
      reply.writeHead(403).end();
      return true;
    });
    await expect(fetch()).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringContaining('m/first.jar') });
    expect(filesIn(join(cache, 'incomplete'))).toEqual([]);
    broken = false;
    await fetch();
    expect(server.requests.filter(({ path }) => path === 'm/first.jar')).toHaveLength(2);
  });

  it('ends at once when interrupted, leaving nothing half done', async () => {
    const abort = new AbortController();
    const { fetch, cache } = await fixture((reply, file) => {
      reply.writeHead(200, { 'Content-Length': file.length }).write(file.subarray(0, 5), () => abort.abort());
      return true;
    });
    await expect(fetch(abort.signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(readdirSync(join(cache, 'incomplete'))).toEqual([]);
  });

  it('is not held up by the lock of a process that was killed', async () => {
    const { fetch, cache } = await fixture();
    mkdirSync(join(cache, 'download.lock'), { recursive: true });
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(join(cache, 'download.lock'), longAgo, longAgo);
    await fetch();
  });
});
