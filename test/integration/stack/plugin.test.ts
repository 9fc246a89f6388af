import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { fromBufferPromise } from 'yauzl';
import { packageRoot } from '../../../core/package-root.ts';
import { readArtifactLock } from '../../../stack/artifacts.ts';
import { buildPlugin, MANIFEST_PATH, type PluginManifest } from '../../../stack/plugin/build-plugin.ts';
import { findClasses } from '../../../stack/plugin/find-classes.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { makeJar, makeZip } from '../../support/jars.ts';
import { mskEnvironment } from '../../support/msk/msk-project.ts';
import { copyProject } from '../../support/project.ts';
import { scratchFolder } from '../../support/scratch.ts';

const digest = (bytes: Buffer, algorithm = 'sha256') => createHash(algorithm).update(bytes).digest('hex');

/** Contents by path, in the archive's order. */
async function entriesOf(zip: Buffer): Promise<{ path: string; mode: number; bytes: () => Promise<Buffer> }[]> {
  const file = await fromBufferPromise(zip, { autoClose: false });
  const entries = [];
  for await (const entry of file.eachEntry()) {
    const bytes = async () => Buffer.concat(await (await file.openReadStreamPromise(entry)).toArray());
    entries.push({ path: entry.fileName, mode: entry.externalFileAttributes >>> 16, bytes });
  }
  return entries;
}

async function expectContents(zip: Buffer, manifest: PluginManifest): Promise<void> {
  const entries = await entriesOf(zip);
  const paths = entries.map(({ path }) => path);
  expect(paths).toEqual([...paths].sort());
  expect(entries.every(({ mode }) => mode === 0o100644)).toBe(true);

  const { sink, converter } = readArtifactLock().groups;
  // The worker's own Jackson is loaded in its place.
  const ofTheWorker = /\/jackson-(annotations|core|databind|datatype-jdk8)-/;
  const locked = [...sink.files, ...converter.files].filter(({ name }) => !ofTheWorker.test(name));
  const own = [MANIFEST_PATH, 'added/provider-1.2.0.jar', 'added/other-1.0.jar'];
  expect(paths.toSorted()).toEqual([...own, ...locked.map(({ name }) => name)].sort());
  for (const entry of entries) {
    const expected = locked.find(({ name }) => name === entry.path);
    if (expected !== undefined) expect(digest(await entry.bytes())).toBe(expected.sha256);
  }
  // Drivers of databases that nothing here writes into are not in the lock.
  expect(paths.filter((name) => /ojdbc|mysql|mssql|mariadb/.test(name))).toEqual([]);

  const inside = entries.find(({ path }) => path === MANIFEST_PATH);
  expect(JSON.parse(String(await inside?.bytes()))).toEqual(manifest);
  expect(manifest.jars.find(({ name }) => name === 'org.example:provider')).toEqual({
    path: 'added/provider-1.2.0.jar',
    name: 'org.example:provider',
    version: '1.2.0',
    sha256: digest(await provider()),
    licence: null,
    java: 11,
  });
  expect(manifest.jars.find(({ name }) => name === 'io.debezium:debezium-connector-jdbc')).toMatchObject({
    version: '3.6.0.Final',
    licence: 'Apache-2.0',
    java: 17,
  });
}

const provider = () => makeJar({ poms: ['org.example:provider:1.2.0'], classes: { 'org/example/Provider': 11 } });

describe('the plugin for workers that this package does not run', { timeout: 240_000 }, () => {
  it('holds the locked jars byte by byte and yours beside them, in a zip that is the same wherever it is built', async () => {
    const [first, second] = [scratchFolder(), scratchFolder()];
    for (const folder of [first, second]) {
      writeFileSync(join(folder, 'provider-1.2.0.jar'), await provider());
      writeFileSync(join(folder, 'more.zip'), await makeZip({ 'lib/other-1.0.jar': await makeJar({}), README: 'x' }));
    }
    const built = await buildPlugin({
      out: join(first, 'out', 'plugin.zip'),
      java: 17,
      converter: 'apicurio',
      classes: [{ name: 'org.example.Provider', setting: 'worker config.providers.example.class' }],
      jars: [join(first, 'provider-1.2.0.jar'), join(first, 'more.zip')],
      env: process.env,
    });
    await expectContents(readFileSync(built.path), built.manifest);

    // Another process, folder, umask, time zone and order of the jars.
    copyProject(second);
    const { stdout } = await promisify(execFile)(
      'sh',
      ['-c', 'umask 077 && exec "$@"', 'sh', process.execPath, join(packageRoot(), 'bin', 'connect.mjs')].concat([
        'plugin',
        'build',
        '--out',
        'plugin.zip',
        '--jar',
        'more.zip',
        'provider-1.2.0.jar',
        '-o',
        'json',
      ]),
      { cwd: second, env: { ...process.env, TZ: 'America/St_Johns' } },
    );
    const zip = readFileSync(join(second, 'plugin.zip'));
    const { path: _path, ...rest } = built;
    expect(JSON.parse(stdout)).toEqual({ ...rest, path: join(second, 'plugin.zip') });
    expect([digest(zip), digest(zip, 'md5'), zip.length]).toEqual([built.sha256, built.md5, built.size]);
  });

  it("is refused for an older Java, and without Confluent's converter where that is to decode", async () => {
    const folder = scratchFolder();
    const request = {
      out: join(folder, 'plugin.zip'),
      java: 17,
      converter: 'confluent',
      classes: [],
      jars: [],
      env: process.env,
    } as const;
    await expect(buildPlugin({ ...request, java: 11, converter: 'apicurio' })).rejects.toThrow(
      /debezium-api-.*built for Java 17 .* the target runs Java 11/,
    );
    await expect(buildPlugin(request)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining("no jar holds Confluent's AvroConverter"),
    });
    const jar = await makeJar({ classes: { 'io/confluent/connect/avro/AvroConverter': 8 } });
    const archive = join(folder, 'confluentinc-kafka-connect-avro-converter-8.0.0.zip');
    writeFileSync(
      archive,
      await makeZip({ 'x/lib/kafka-connect-avro-converter-8.0.0.jar': jar, 'x/manifest.json': '{}' }),
    );
    const { manifest } = await buildPlugin({ ...request, jars: [archive] });
    expect(manifest.converter).toBe('confluent');
    expect(manifest.jars.map(({ path }) => path.split('/')[0])).not.toContain('apicurio-avro-converter');
    expect(manifest.jars.map(({ path }) => path)).toContain('added/kafka-connect-avro-converter-8.0.0.jar');
  });

  it('is not written when no jar holds what a configuration names', async () => {
    const root = scratchFolder();
    copyProject(root);
    const file = join(root, 'connect.yaml');
    const document = parseDocument(readFileSync(file, 'utf8'));
    const kafka = { brokers: ['127.0.0.1:1'], replicationFactor: 3 };
    document.setIn(['environments', 'msk'], { ...mskEnvironment('http://127.0.0.1:1'), kafka });
    writeFileSync(file, document.toString());
    const out = join(root, 'plugin.zip');
    const build = (...jars: string[]) =>
      runInProcess(['plugin', 'build', '-e', 'msk', '--out', out, ...jars], { cwd: root, env: process.env });
    const { code, stderr } = await build();
    expect(code).toBe(64);
    expect(stderr).toContain(
      'com.amazonaws.kafka.config.providers.SecretsManagerConfigProvider, which worker config.providers.secretsmanager.class names',
    );
    expect(stderr).toContain('the release zip of github.com/aws-samples/msk-config-providers');
    expect(existsSync(out)).toBe(false);
    const jar = join(root, 'msk-config-providers.jar');
    writeFileSync(
      jar,
      await makeJar({ classes: { 'com/amazonaws/kafka/config/providers/SecretsManagerConfigProvider': 11 } }),
    );
    expect((await build('--jar', jar)).code).toBe(0);
    const found = await findClasses(readFileSync(out), [
      'io.debezium.connector.jdbc.JdbcSinkConnector',
      'io.apicurio.registry.utils.converter.AvroConverter',
      'org.example.Absent',
    ]);
    expect([...found.keys()]).toHaveLength(2);
  });

  it('is not begun with a file that is not there or holds no jar', async () => {
    const folder = scratchFolder();
    const request = {
      out: join(folder, 'plugin.zip'),
      java: 17,
      converter: 'apicurio',
      classes: [],
      env: process.env,
    } as const;
    const missing = join(folder, 'missing.jar');
    await expect(buildPlugin({ ...request, jars: [missing] })).rejects.toThrow(`${missing} cannot be read (ENOENT)`);
    const empty = join(folder, 'empty.zip');
    writeFileSync(empty, await makeZip({ README: 'x' }));
    await expect(buildPlugin({ ...request, jars: [empty] })).rejects.toThrow(`${empty} holds no jar`);
  });
});
