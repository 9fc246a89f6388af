import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';
import { stateFolder } from '../../../stack/folders.ts';
import { partMarker } from '../../../stack/part.ts';
import { findByMarker } from '../../../stack/process-identity.ts';
import { PART_NAMES, type StackPorts } from '../../../stack/types.ts';
import { freePorts } from '../../support/free-ports.ts';
import { createStackFolder, removeStackFolder } from '../../support/stack-folder.ts';

// The command line as a person uses it: `connect up` in a process of its own, interrupted, killed, and called again.
describe('connect up, down and logs', { timeout: 240_000 }, () => {
  let root: string;
  let ports: StackPorts;
  beforeAll(async () => {
    root = createStackFolder();
    const [kafka = 0, registry = 0, postgres = 0, connect = 0, feed = 0] = await freePorts(5);
    ports = { kafka, registry, postgres, connect };
    const listed = Object.entries({ ...ports, feed }).map(([part, port]) => `${part}: ${port}`);
    writeFileSync(
      join(root, 'connect.yaml'),
      `default: local\nenvironments:\n  local:\n    stack: { kind: embedded, ports: { ${listed.join(', ')} } }\n`,
    );
  });
  afterAll(() => removeStackFolder(root));

  function connect(args: string[], env: NodeJS.ProcessEnv = {}) {
    const child: ChildProcess = spawn(process.execPath, [join(packageRoot(), 'bin', 'connect.mjs'), ...args], {
      cwd: root,
      env: { ...process.env, ...env },
    });
    const output = { stdout: '', stderr: '' };
    const seen = new Map<string, () => void>();
    child.stdout?.on('data', (data: Buffer) => {
      output.stdout += data.toString();
    });
    child.stderr?.on('data', (data: Buffer) => {
      output.stderr += data.toString();
      for (const [text, resolve] of seen) if (output.stderr.includes(text)) resolve();
    });
    return {
      child,
      /** Resolves once stderr has shown the text. */
      said: (text: string) => new Promise<void>((resolve) => void seen.set(text, resolve)),
      ended: once(child, 'close').then(([code, signal]) => ({ code, signal, ...output })),
    };
  }

  const running = (): string[] => {
    const folder = stateFolder(root);
    return PART_NAMES.flatMap((part) => findByMarker(partMarker(folder, part)).map(() => part));
  };

  it('leaves nothing behind when interrupted by Ctrl-C', async () => {
    const { child, said, ended } = connect(['up']);
    await said('kafka      starting');
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining('✗ interrupted') });
    expect(running()).toEqual([]);
  });

  it('leaves parts behind when killed, and the next call has one of each running', async () => {
    const { child, said, ended } = connect(['up']);
    await said('kafka      starting');
    child.kill('SIGKILL');
    await ended;
    expect(running()).toContain('postgres');
    const { code, stdout } = await connect(['up']).ended;
    expect(code).toBe(0);
    expect(running()).toEqual([...PART_NAMES]);
    expect(stdout).toMatch(/^PART +STATE +ADDRESS +PID\n/);
    for (const part of PART_NAMES)
      expect(stdout).toMatch(new RegExp(`^${part} +running +127.0.0.1:${ports[part]} `, 'm'));
  });

  it('says when there is nothing to do, and says it in JSON on request', async () => {
    const { code, stdout, stderr } = await connect(['up', '-o', 'json']).ended;
    expect(code).toBe(0);
    expect(stderr).toContain('everything was running already');
    const { parts } = JSON.parse(stdout) as { parts: object[] };
    expect(parts).toHaveLength(4);
    expect(parts[0]).toMatchObject({
      name: 'postgres',
      state: 'running',
      startedByThisCall: false,
      port: ports.postgres,
    });
  });

  it('shows the end of a log', async () => {
    const { code, stdout } = await connect(['logs', 'connect', '-n', '5']).ended;
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(5);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z INFO /);
  });

  it('refuses a part that does not exist', async () => {
    const { code, stderr } = await connect(['logs', 'zookeeper']).ended;
    expect(code).toBe(64);
    expect(stderr).toContain('postgres, kafka, registry, connect');
  });

  it('stops everything with down', async () => {
    const { code, stderr } = await connect(['down']).ended;
    expect(code).toBe(0);
    expect(stderr).toContain('stopped connect, registry, kafka, postgres');
    expect(running()).toEqual([]);
    expect((await connect(['down']).ended).stderr).toContain('nothing was running');
  });

  it('names the port that is taken and who has it', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(ports.postgres, '127.0.0.1', resolve));
    const { code, stderr } = await connect(['up']).ended;
    await new Promise<void>((resolve) => squatter.close(() => resolve()));
    expect(code).toBe(1);
    expect(stderr).toContain(`✗ port ${ports.postgres}, meant for postgres, is taken by process ${process.pid}`);
    expect(stderr).toContain('CONNECT_PORT_POSTGRES');
    expect(running()).toEqual([]);
  });

  it('says which Java it lacks', async () => {
    const { code, stderr } = await connect(['up'], { PATH: '/nonexistent', JAVA_HOME: '/nonexistent' }).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(
      '✗ the local stack needs Java 17 or newer (JAVA_HOME (/nonexistent): none found; PATH: none found)',
    );
    expect(running()).toEqual([]);
  });
});
