import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readArtifactLock } from '../../../stack/artifacts.ts';
import { cacheFolder, existingStateFolder, stateFolder, storageError } from '../../../stack/folders.ts';
import { partMarker } from '../../../stack/part.ts';
import { createSecrets, lacksOldSecret, readSecrets } from '../../../stack/secrets-file.ts';
import { withStackLock } from '../../../stack/stack-lock.ts';
import { readRecords, recordPart } from '../../../stack/state-file.ts';
import { scratchFolder } from '../../support/scratch.ts';

const record = { pid: 1, startTime: 't', marker: 'm', port: 2, fingerprint: 'f' };

describe('the state of a stack', () => {
  it('is closed to others, also where an earlier version left it open', () => {
    const root = scratchFolder();
    for (const name of ['logs', 'config', 'data/kafka']) mkdirSync(join(root, '.connect', name), { recursive: true });
    const { path, logs, config, data } = stateFolder(root);
    const modes = [path, data, logs, config, join(data, 'kafka')].map((folder) => statSync(folder).mode & 0o777);
    // Root's PostgreSQL runs as another user, who has to get through to its data.
    const upper = process.geteuid?.() === 0 ? 0o711 : 0o700;
    expect(modes).toEqual([upper, upper, 0o700, 0o700, 0o700]);
  });

  it('remembers and forgets one part at a time', () => {
    const folder = stateFolder(scratchFolder());
    recordPart(folder, 'kafka', record);
    recordPart(folder, 'connect', { ...record, pid: 3 });
    recordPart(folder, 'kafka', undefined);
    expect(readRecords(folder)).toEqual({ connect: { ...record, pid: 3 } });
  });

  it('is empty, not fatal, when the file is damaged: processes are then found by their markers', () => {
    const folder = stateFolder(scratchFolder());
    writeFileSync(folder.stateFile, '{"parts": {"kaf');
    expect(readRecords(folder)).toEqual({});
    recordPart(folder, 'kafka', record);
    expect(readRecords(folder).kafka).toEqual(record);
  });

  it('marks the processes of two projects differently', () => {
    const [one, other] = [stateFolder(scratchFolder()), stateFolder(scratchFolder())];
    expect(partMarker(one, 'kafka')).not.toBe(partMarker(other, 'kafka'));
    expect(partMarker(one, 'kafka')).not.toBe(partMarker(one, 'connect'));
    expect(existingStateFolder(scratchFolder())).toBeUndefined();
  });
});

describe('the passwords of a stack', () => {
  it('are random, kept, and readable by the owner alone', () => {
    const folder = stateFolder(scratchFolder());
    expect(readSecrets(folder)).toBeUndefined();
    const secrets = createSecrets(folder);
    expect(readSecrets(folder)).toEqual(secrets);
    expect(statSync(folder.secretsFile).mode & 0o777).toBe(0o600);
    expect(new Set(Object.values(secrets)).size).toBe(5);
    expect(readFileSync(folder.secretsFile, 'utf8')).toContain(`database.password=${secrets.database}\n`);
  });

  it('of a stack from before stay, and those that it lacks are made up', () => {
    const folder = stateFolder(scratchFolder());
    writeFileSync(folder.secretsFile, 'superuser.password=a\ndatabase.password=b\nregistry.password=c\n');
    expect(readSecrets(folder)).toBeUndefined();
    expect(lacksOldSecret(folder)).toBe(false);
    const { worker, viewer, ...old } = createSecrets(folder);
    expect(old).toEqual({ superuser: 'a', database: 'b', registry: 'c' });
    expect(worker).not.toBe(viewer);
    writeFileSync(folder.secretsFile, 'superuser.password=a\n');
    expect(lacksOldSecret(folder)).toBe(true);
  });
});

describe('the lock of a stack', () => {
  it('makes the second wait for the first, and says so', async () => {
    const folder = stateFolder(scratchFolder());
    const order: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = withStackLock(folder, {}, async () => {
      await held;
      order.push('first');
    });
    const second = withStackLock(folder, { onEvent: () => release() }, async () => void order.push('second'));
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });

  it('is free again after a failure', async () => {
    const folder = stateFolder(scratchFolder());
    await expect(withStackLock(folder, {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withStackLock(folder, {}, () => Promise.resolve('yes'))).toBe('yes');
  });

  it('is not waited for by one who is interrupted', async () => {
    const folder = stateFolder(scratchFolder());
    const abort = new AbortController();
    await withStackLock(folder, {}, async () => {
      const waiting = withStackLock(folder, { signal: abort.signal, onEvent: () => abort.abort() }, () =>
        Promise.resolve(),
      );
      await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
    });
  });
});

describe('the cache folder', () => {
  it('is what CONNECT_CACHE_DIR says, before the platform’s own place', () => {
    expect(cacheFolder({ CONNECT_CACHE_DIR: '/a', XDG_CACHE_HOME: '/b', HOME: '/h' })).toBe('/a');
  });

  it.runIf(process.platform === 'linux')('is under XDG_CACHE_HOME, or ~/.cache', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/b', HOME: '/h' })).toBe('/b/perps-connect');
    expect(cacheFolder({ HOME: '/h' })).toBe('/h/.cache/perps-connect');
  });
});

describe('an error of the disk', () => {
  it.each([
    ['ENOSPC', 'the disk is full', 'free some space or set CONNECT_CACHE_DIR to another folder'],
    ['EROFS', 'the file system is read-only', 'make it writable or set CONNECT_CACHE_DIR to another folder'],
    ['EACCES', 'permission denied', 'make it writable or set CONNECT_CACHE_DIR to another folder'],
  ])('%s names the folder and the way out', (code, reason, hint) => {
    const error = storageError(Object.assign(new Error(code), { code }), '/cache', 'CONNECT_CACHE_DIR');
    expect(error).toMatchObject({ code: 'ENVIRONMENT', message: `cannot write to /cache: ${reason}`, hint });
  });

  it('is not made of another error', () => {
    expect(storageError(new Error('x'), '/cache')).toBeUndefined();
  });

  it('is what a project in a place nobody may write to gets', () => {
    const root = scratchFolder();
    writeFileSync(join(root, '.connect'), '');
    expect(() => stateFolder(root)).toThrow();
    mkdirSync(join(root, 'p'));
    expect(stateFolder(join(root, 'p')).path).toContain('.connect');
  });
});

describe('the lock file of the artifacts', () => {
  const { groups, repository } = readArtifactLock();
  const files = Object.values(groups).flatMap((group) => group.files);

  it('pins every file by hash and size, from Maven Central', () => {
    expect(repository).toBe('https://repo1.maven.org/maven2');
    for (const file of files)
      expect(file).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/), size: expect.any(Number) });
    for (const { archive, files: contents } of Object.values(groups)) {
      const jars = contents.filter((file) => file.content === undefined);
      expect(jars.every((file) => (archive === undefined) === (file.path !== undefined))).toBe(true);
    }
  });

  it('has no driver of another database, and no copy of what the worker brings', () => {
    const unwanted = /ojdbc|mysql|mariadb|mssql|kafka-clients|connect-api|slf4j/;
    expect([...groups.sink.files, ...groups.converter.files].filter(({ name }) => unwanted.test(name))).toEqual([]);
  });
});
