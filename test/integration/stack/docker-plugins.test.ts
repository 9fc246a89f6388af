import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { withAdmin } from '../../../core/kafka.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { classPathOf, readArtifactLock, stackGroups } from '../../../stack/artifacts.ts';
import { cacheFolder } from '../../../stack/folders.ts';
import { findJava } from '../../../stack/java.ts';
import { verifyGroup } from '../../../stack/verify-files.ts';
import { eventually } from '../../support/eventually.ts';
import { serveFiles } from '../../support/file-server.ts';
import { freePorts } from '../../support/free-ports.ts';
import { scratchFolder } from '../../support/scratch.ts';

const run = promisify(execFile);
const connectFolder = join(packageRoot(), 'docker', 'connect');
const script = join(connectFolder, 'install-plugins.sh');
const install = (list: string, target: string, env: NodeJS.ProcessEnv = {}) =>
  run('sh', [script, list, target], { env: { ...process.env, ...env }, maxBuffer: 1 << 24 });

// What docker/connect/Dockerfile does, without Docker: its script, its list, its worker settings and its health check.
describe('the image of the worker', { timeout: 240_000 }, () => {
  it('installs plugins that a real worker lists, by its own script, and its health check sees that', async () => {
    const target = join(scratchFolder(), 'perps-connect');
    await install(join(connectFolder, 'plugins.txt'), target);

    const { groups, docker } = readArtifactLock();
    const plugins = join(target, 'plugins');
    expect(readdirSync(plugins).sort()).toEqual(['apicurio-avro-converter', 'debezium-connector-jdbc']);
    const files = [...groups.sink.files, ...groups.converter.files];
    const nothing = { missing: [], altered: [] };
    expect(await verifyGroup({ folder: plugins, files })).toMatchObject({ ...nothing, unexpected: [] });
    const exporter = docker.exporter.files.map((file) => ({ ...file, name: 'jmx-exporter.jar' }));
    expect(await verifyGroup({ folder: join(target, 'exporter'), files: exporter })).toMatchObject(nothing);

    const port = await startWorker(plugins);
    await eventually(async () => void (await run('bash', [join(connectFolder, 'healthcheck.sh'), String(port)])), {
      timeoutMs: 120_000,
    });
  });

  it('reports unhealthy where nothing listens', async () => {
    const [port] = await freePorts(1);
    const { status } = spawnSync('bash', [join(connectFolder, 'healthcheck.sh'), String(port)]);
    expect(status).toBe(1);
  });
});

describe('docker/connect/install-plugins.sh', () => {
  const sha256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'; // of "hello"

  async function listOf(...lines: string[]): Promise<{ list: string; target: string }> {
    const folder = scratchFolder();
    const server = await serveFiles({ 'm/hello.jar': Buffer.from('hello') });
    const list = join(folder, 'list.txt');
    writeFileSync(list, `# a list\nrepository ${server.url}\n${lines.join('\n')}\n`);
    return { list, target: join(folder, 'out') };
  }

  it('puts files in place whose checksum agrees', async () => {
    const { list, target } = await listOf(
      `file ${sha256} plugins/a/hello.jar m/hello.jar`,
      `inline ${sha256} plugins/a/inline.jar aGVsbG8=`,
    );
    await install(list, target);
    expect(readFileSync(join(target, 'plugins/a/hello.jar'), 'utf8')).toBe('hello');
    expect(readFileSync(join(target, 'plugins/a/inline.jar'), 'utf8')).toBe('hello');
  });

  it.each([
    ['another checksum', `file ${sha256.replace('2', '3')} plugins/a/hello.jar m/hello.jar`, /hello\.jar: FAILED/],
    ['a file the repository lacks', `file ${sha256} plugins/a/gone.jar m/gone.jar`, /404/],
    ['an archive of another checksum', `archive ${sha256.replace('2', '3')} m/hello.jar`, /FAILED/],
  ])('leaves nothing behind after %s', async (_what, line, said) => {
    const { list, target } = await listOf(line);
    await expect(install(list, target)).rejects.toMatchObject({ stderr: expect.stringMatching(said) });
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(join(target, '..'))).toEqual(['list.txt']);
  });

  it('takes a mirror from CONNECT_MAVEN_URL instead of the repository of the list', async () => {
    const { list, target } = await listOf(`file ${sha256} plugins/a/hello.jar m/hello.jar`);
    const [, url = ''] = /^repository (.*)$/m.exec(readFileSync(list, 'utf8')) ?? [];
    writeFileSync(list, readFileSync(list, 'utf8').replace(url, 'http://127.0.0.1:1'));
    await install(list, target, { CONNECT_MAVEN_URL: `${url}/` });
    expect(existsSync(join(target, 'plugins/a/hello.jar'))).toBe(true);
  });

  it('does not mix with what is there already', async () => {
    const { list, target } = await listOf(`file ${sha256} plugins/a/hello.jar m/hello.jar`);
    mkdirSync(target);
    await expect(install(list, target)).rejects.toMatchObject({ stderr: expect.stringContaining('exists already') });
  });
});

/** A worker on the shared broker, with the image's settings but for its addresses and names; returns its port. */
async function startWorker(plugins: string): Promise<number> {
  const folder = scratchFolder();
  const broker = `127.0.0.1:${inject('stackPorts').kafka}`;
  const [port = 0] = await freePorts(1);
  const group = `docker-plugins-${process.pid}`;
  const settings = join(folder, 'worker.properties');
  writeFileSync(
    settings,
    readFileSync(join(connectFolder, 'worker.properties'), 'utf8')
      .replace(/^bootstrap\.servers=.*$/m, `bootstrap.servers=${broker}`)
      .replace(/^listeners=.*$/m, `listeners=http://127.0.0.1:${port}`)
      .replace(/^rest\.advertised\.host\.name=.*$/m, 'rest.advertised.host.name=127.0.0.1')
      .replace(/^rest\.advertised\.port=.*$/m, `rest.advertised.port=${port}`)
      .replace(/^plugin\.path=.*$/m, `plugin.path=${plugins}`)
      .replaceAll(/=perps-connect/g, `=${group}`),
  );
  const classPath = classPathOf(stackGroups(cacheFolder(process.env)).kafka);
  const { command } = await findJava(process.env);
  const args = ['-Xmx384m', 'org.apache.kafka.connect.cli.ConnectDistributed', settings];
  const child = spawn(command, args, { env: { ...process.env, CLASSPATH: classPath }, cwd: folder });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => appendFileSync(join(folder, 'worker.log'), data));
  }
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    await withAdmin({ brokers: [broker] }, 'perps-connect-test', async (admin) => {
      const topics = [...(await admin.listTopics())].filter((topic) => topic.startsWith(group));
      await admin.deleteTopics(topics);
    });
  });
  return port;
}
