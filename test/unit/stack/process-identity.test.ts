import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { leaveOutOfCoreDumps } from '../../../core/core-dumps.ts';
import { stopProcess } from '../../../stack/child.ts';
import { describeProcess, findByMarker, identify, isAlive } from '../../../stack/process-identity.ts';

const LIVE_ON = 'console.log("up"); setInterval(() => {}, 1000);';

async function start(script: string, marker: string): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, ['-e', script, '--', marker], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child as ChildProcess & { pid: number };
}

const newMarker = (): string => `-Dprobe=${randomUUID()}`;

describe('a process we have started', () => {
  it('is known again by number, start and marker', async () => {
    const marker = newMarker();
    const { pid } = await start(LIVE_ON, marker);
    const identity = identify(pid, marker);
    expect(identity).toMatchObject({ pid, marker });
    expect(identity !== undefined && isAlive(identity)).toBe(true);
    expect(describeProcess(pid)).toContain('node');
  });

  it('is not taken for a later one with the same number', async () => {
    const marker = newMarker();
    const { pid } = await start(LIVE_ON, marker);
    expect(isAlive({ pid, marker, startTime: 'another time' })).toBe(false);
  });

  it('is not taken for one of somebody else that has no marker of ours', async () => {
    const { pid } = await start(LIVE_ON, newMarker());
    const identity = identify(pid, newMarker());
    expect(identity !== undefined && isAlive(identity)).toBe(false);
  });

  it('is found by its marker alone, and not by a part of it', async () => {
    const marker = newMarker();
    const { pid } = await start(LIVE_ON, marker);
    expect(findByMarker(marker).map((found) => found.pid)).toEqual([pid]);
    expect(findByMarker(marker.slice(0, -1))).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('leaves its memory out of core dumps', async () => {
    const { pid } = await start(LIVE_ON, newMarker());
    leaveOutOfCoreDumps(pid);
    expect(Number(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8'))).toBe(0);
    leaveOutOfCoreDumps(2 ** 30);
  });

  it.runIf(process.geteuid?.() === 0)("is not taken for one of ours when it is another user's", async () => {
    const marker = newMarker();
    const { pid } = await start(LIVE_ON, marker);
    process.seteuid?.(54_321);
    try {
      expect(findByMarker(marker)).toEqual([]);
    } finally {
      process.seteuid?.(0);
    }
    // Root's PostgreSQL runs as somebody else.
    expect(findByMarker(marker)).toMatchObject([{ pid }]);
  });

  it('is gone once it has ended', async () => {
    const marker = newMarker();
    const child = await start(LIVE_ON, marker);
    const identity = identify(child.pid, marker);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(identity !== undefined && isAlive(identity)).toBe(false);
    expect(findByMarker(marker)).toEqual([]);
  });
});

describe('stopProcess', () => {
  async function identified(script: string) {
    const marker = newMarker();
    const { pid } = await start(script, marker);
    const identity = identify(pid, marker);
    if (identity === undefined) throw new Error('it has ended by itself');
    return identity;
  }

  it('asks politely first', async () => {
    const identity = await identified(LIVE_ON);
    expect(await stopProcess(identity, { signals: ['SIGTERM'], graceMs: 5_000 })).toBe('SIGTERM');
    expect(isAlive(identity)).toBe(false);
  });

  it('kills what does not listen', async () => {
    const identity = await identified(`process.on('SIGTERM', () => {}); ${LIVE_ON}`);
    expect(await stopProcess(identity, { signals: ['SIGTERM'], graceMs: 100 })).toBe('SIGKILL');
    expect(isAlive(identity)).toBe(false);
  });

  it('leaves alone a process that has our number but is not ours', async () => {
    const identity = await identified(LIVE_ON);
    const stranger = { ...identity, startTime: 'another time' };
    expect(await stopProcess(stranger, { signals: ['SIGTERM'], graceMs: 100 })).toBe('gone');
    expect(isAlive(identity)).toBe(true);
  });
});
