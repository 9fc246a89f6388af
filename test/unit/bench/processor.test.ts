import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { processorOfParts } from '../../../bench/processor.ts';
import type { BenchStack } from '../../../bench/stack.ts';

const BURN = 'const before = process.cpuUsage(); while (process.cpuUsage(before).user < 300_000);';
const STAY = "process.stdout.write('ready'); setInterval(() => {}, 1_000);";
/** A child that does this and ends, and one that does it and stays. */
const ended = (script: string) =>
  `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(script)}]); ${STAY}`;
const staying = (script: string) =>
  `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(script)}], { stdio: 'inherit' });`;

const running: ChildProcess[] = [];
afterEach(() => {
  // A child of a part is in its process group.
  for (const { pid } of running.splice(0)) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
});

/** The process number of a part, once it has said that it is ready. */
async function part(script: string): Promise<number> {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  running.push(child);
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

it('counts the processor time of a part with that of its children, ended or not', async () => {
  const pids = {
    idle: await part(STAY),
    alone: await part(BURN + STAY),
    'an ended child': await part(ended(BURN)),
    'a running child': await part(staying(BURN + STAY)),
  };
  const parts = Object.entries(pids).map(([name, pid]) => ({ name, pid }));
  const seconds = processorOfParts({ parts: [...parts, { name: 'not here' }] } as unknown as BenchStack);
  if (!existsSync('/proc/self/stat')) return expect(seconds).toBeUndefined();
  expect(Object.keys(seconds ?? {})).toEqual(Object.keys(pids));
  expect(seconds?.idle).toBeLessThan(0.25);
  for (const name of ['alone', 'an ended child', 'a running child'])
    expect(seconds?.[name], name).toBeGreaterThan(0.29);
});
