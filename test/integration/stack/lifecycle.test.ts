import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { withPostgres } from '../../../core/postgres.ts';
import { waitFor } from '../../../core/retry.ts';
import { down, up } from '../../../stack/embedded-stack.ts';
import { existingStateFolder, type StateFolder, stateFolder } from '../../../stack/folders.ts';
import { partMarker } from '../../../stack/part.ts';
import { superuserConnection } from '../../../stack/parts/postgres.ts';
import { accepts } from '../../../stack/ports.ts';
import { findByMarker, isAlive } from '../../../stack/process-identity.ts';
import { readSecrets } from '../../../stack/secrets-file.ts';
import { readRecords, recordPart } from '../../../stack/state-file.ts';
import { PART_NAMES, type PartName, type StackEvent, type StackPorts } from '../../../stack/types.ts';
import { freePorts } from '../../support/free-ports.ts';
import { createStackFolder, removeStackFolder } from '../../support/stack-folder.ts';

// One stack of its own, whose parts are killed, blocked and started again; each case begins with everything running.
describe('the embedded stack', { timeout: 180_000 }, () => {
  let root: string;
  let ports: StackPorts;
  let folder: StateFolder;
  beforeAll(async () => {
    root = createStackFolder();
    const [kafka = 0, registry = 0, postgres = 0, connect = 0] = await freePorts(4);
    ports = { kafka, registry, postgres, connect };
    folder = stateFolder(root);
    await start();
  });
  afterAll(() => removeStackFolder(root));

  async function start(overrides: Partial<Parameters<typeof up>[0]> = {}) {
    const events: StackEvent[] = [];
    const parts = await up({
      root,
      ports,
      env: process.env,
      ...overrides,
      onEvent: (event) => {
        events.push(event);
        overrides.onEvent?.(event);
      },
    });
    return { events, started: parts.filter((part) => part.startedByThisCall).map((part) => part.name) };
  }

  const pidOf = (part: PartName): number => readRecords(folder)[part]?.pid ?? 0;
  const processesOf = (part: PartName): number[] => findByMarker(partMarker(folder, part)).map(({ pid }) => pid);

  async function kill(part: PartName): Promise<void> {
    const record = readRecords(folder)[part];
    if (record === undefined) throw new Error(`${part} is not on record`);
    process.kill(record.pid, 'SIGKILL');
    await waitFor(async () => (isAlive(record) ? undefined : true), {
      timeoutMs: 5_000,
      everyMs: 20,
      what: `the end of ${part}`,
    });
  }

  const query = async (sql: string): Promise<unknown[]> => {
    const password = readSecrets(folder)?.database ?? '';
    const owner = { ...superuserConnection(ports.postgres, password), user: 'perps', database: 'perps' };
    return withPostgres(owner, async (client) => {
      const { rows } = await client.query(sql);
      return rows as unknown[];
    });
  };

  it.runIf(process.platform === 'linux')('listens on the loopback interface alone', () => {
    const listening = readFileSync('/proc/net/tcp', 'utf8') + readFileSync('/proc/net/tcp6', 'utf8');
    for (const port of Object.values(ports)) {
      const hex = port.toString(16).toUpperCase().padStart(4, '0');
      const addresses = [...listening.matchAll(new RegExp(`([0-9A-F]{8,32}):${hex} [0-9A-F]+:0000 0A`, 'g'))];
      const loopback = /^(0100007F|0000000000000000FFFF00000100007F)$/;
      expect(addresses.map(([, address = '']) => loopback.test(address))).toEqual([true]);
    }
  });

  it('is left alone by a second `up`, which is quick', async () => {
    const before = PART_NAMES.map(pidOf);
    const began = Date.now();
    const { started, events } = await start();
    expect(started).toEqual([]);
    expect(events.map((event) => event.kind === 'part' && event.state)).toEqual(Array(4).fill('already running'));
    expect(PART_NAMES.map(pidOf)).toEqual(before);
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  it('gets back the one part that was killed, and no other is touched', async () => {
    const before = pidOf('postgres');
    await query('CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)');
    await kill('registry');
    expect(PART_NAMES.filter((part) => processesOf(part).length === 0)).toEqual(['registry']);
    expect((await start()).started).toEqual(['registry']);
    expect(pidOf('postgres')).toBe(before);
  });

  it('gets back a killed PostgreSQL with its data', async () => {
    await kill('postgres');
    expect((await start()).started).toEqual(['postgres']);
    expect(await query('SELECT id FROM kept')).toEqual([{ id: 1 }]);
  });

  it('says that PostgreSQL is frozen while it waits, and leaves it alone once it answers', async () => {
    const pid = pidOf('postgres');
    process.kill(pid, 'SIGSTOP');
    try {
      const { started, events } = await start({
        onEvent: ({ kind }) => void (kind === 'note' && process.kill(pid, 'SIGCONT')),
      });
      expect(started).toEqual([]);
      const message = expect.stringContaining(`postgres runs (pid ${pid}) and does not answer: it is frozen or busy`);
      expect(events).toContainEqual({ kind: 'note', message });
      expect(pidOf('postgres')).toBe(pid);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  it('finds a process whose parent was killed before it could write the number down', async () => {
    const orphan = pidOf('registry');
    recordPart(folder, 'registry', undefined);
    expect(processesOf('registry')).toEqual([orphan]);
    const { started, events } = await start();
    expect(started).toEqual(['registry']);
    expect(events).toContainEqual(expect.objectContaining({ part: 'registry', state: 'restarting' }));
    expect(processesOf('registry')).toEqual([pidOf('registry')]);
    expect(pidOf('registry')).not.toBe(orphan);
  });

  it('does not believe a record whose number by now is somebody else’s', async () => {
    await kill('registry');
    const record = readRecords(folder).registry;
    if (record === undefined) throw new Error('no record');
    recordPart(folder, 'registry', { ...record, pid: process.pid });
    expect((await start()).started).toEqual(['registry']);
    expect(pidOf('registry')).not.toBe(process.pid);
  });

  it('restarts the part whose settings have changed, and it alone', async () => {
    const [registry = 0] = await freePorts(1);
    const before = ports;
    ports = { ...ports, registry };
    const { started, events } = await start();
    expect(started).toEqual(['registry']);
    expect(events).toContainEqual(expect.objectContaining({ part: 'registry', reason: 'its settings have changed' }));
    expect(await Promise.all([before.registry, registry].map(accepts))).toEqual([false, true]);
  });

  it('says who has a port that a part needs, and keeps the others running', async () => {
    await kill('registry');
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(ports.registry, '127.0.0.1', resolve));
    const closed = () => new Promise<void>((resolve) => squatter.close(() => resolve()));
    await expect(start()).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: expect.stringContaining(
        `port ${ports.registry}, meant for registry, is taken by process ${process.pid}`,
      ),
    });
    await closed();
    expect(processesOf('kafka')).toEqual([pidOf('kafka')]);
    expect((await start()).started).toEqual(['registry']);
  });

  it('shows the meaningful lines of a part that does not start', async () => {
    await kill('connect');
    await kill('kafka');
    const meta = join(folder.data, 'kafka', 'meta.properties');
    const good = readFileSync(meta, 'utf8');
    onTestFinished(() => writeFileSync(meta, good));
    writeFileSync(meta, good.replace('node.id=1', 'node.id=7'));
    await expect(start()).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: expect.stringMatching(/^kafka ended while it was starting:\n(.|\n)*Stored node id 7/),
      hint: expect.stringContaining('connect logs kafka'),
      details: { part: 'kafka', logFile: folder.logFile('kafka') },
    });
    // What that call had started is stopped again; what ran before still runs.
    expect([processesOf('connect'), processesOf('kafka')]).toEqual([[], []]);
    expect(processesOf('postgres')).toHaveLength(1);
  });

  it('stops what it was starting when interrupted', async () => {
    const abort = new AbortController();
    let interruptedAt = 0;
    const interrupted = start({
      signal: abort.signal,
      onEvent: (event) => {
        if (event.kind === 'part' && event.part === 'kafka' && event.state === 'starting') {
          interruptedAt = Date.now();
          abort.abort();
        }
      },
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(Date.now() - interruptedAt).toBeLessThan(10_000);
    expect([processesOf('connect'), processesOf('kafka')]).toEqual([[], []]);
    expect((await start()).started.sort()).toEqual(['connect', 'kafka']);
  });

  it('is stopped by `down` without a process or a port left; two `up` at once bring back one stack with its data', async () => {
    expect([...(await down({ root }))].sort()).toEqual([...PART_NAMES].sort());
    expect(PART_NAMES.flatMap(processesOf)).toEqual([]);
    expect(await Promise.all(Object.values(ports).map(accepts))).toEqual([false, false, false, false]);
    expect(await down({ root })).toEqual([]);
    expect(readRecords(folder)).toEqual({});
    const [one, other] = await Promise.all([start(), start()]);
    expect([...one.started, ...other.started].sort()).toEqual([...PART_NAMES].sort());
    expect(PART_NAMES.map((part) => processesOf(part).length)).toEqual([1, 1, 1, 1]);
    expect(await query('SELECT id FROM kept')).toEqual([{ id: 1 }]);
  });

  it('begins from empty with fresh: other passwords, no data', async () => {
    const before = readSecrets(folder);
    expect((await start({ fresh: true })).started.sort()).toEqual([...PART_NAMES].sort());
    expect(readSecrets(existingStateFolder(root) ?? folder)).not.toEqual(before);
    expect(await query(`SELECT to_regclass('kept') AS kept`)).toEqual([{ kept: null }]);
  });
});
