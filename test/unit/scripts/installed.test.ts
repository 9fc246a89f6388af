import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../../core/package-root.ts';
import { scratchFolder } from '../../support/scratch.ts';

const { scripts } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));

describe('what installs packages', () => {
  let root: string;
  const run = (...words: string[]) => {
    const env = { PATH: process.env.PATH, npm_execpath: join(root, 'pnpm') };
    return spawnSync(process.execPath, [join(root, 'scripts/installed.mjs'), ...words], { encoding: 'utf8', env });
  };

  beforeEach(() => {
    root = scratchFolder();
    for (const folder of ['scripts', 'node_modules/.pnpm']) mkdirSync(join(root, folder), { recursive: true });
    copyFileSync(join(packageRoot(), 'scripts/installed.mjs'), join(root, 'scripts/installed.mjs'));
    writeFileSync(join(root, 'pnpm-lock.yaml'), 'new\n');
    writeFileSync(join(root, 'node_modules/.pnpm/lock.yaml'), 'old\n');
    writeFileSync(join(root, 'pnpm'), '#!/bin/sh\necho "$@" > asked\n');
    chmodSync(join(root, 'pnpm'), 0o755);
  });

  it('is no command that may hold logins of production', () => {
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toMatch(/are not installed, and this command installs none\n {2}hint {2}run `npx -y pnpm install`/);
    expect(existsSync(join(root, 'asked'))).toBe(false);
    expect(scripts.connect).toMatch(/^node scripts\/installed\.mjs && /);
    const settings = parse(readFileSync(join(packageRoot(), 'pnpm-workspace.yaml'), 'utf8'));
    expect(settings).toMatchObject({ verifyDepsBeforeRun: false, minimumReleaseAge: 1440 });
  });

  it('is what developers run, by the pnpm that runs it', () => {
    expect(run('--install').status).toBe(0);
    expect(readFileSync(join(root, 'asked'), 'utf8')).toBe('install --frozen-lockfile\n');
    for (const name of ['build', 'start', 'check', 'test', 'bench', 'soak', 'faults'])
      expect(scripts[name]).toMatch(/^node scripts\/installed\.mjs --install && /);
  });

  it('is nothing, where the packages of the lock file are there', () => {
    writeFileSync(join(root, 'node_modules/.pnpm/lock.yaml'), 'new\n');
    expect([run().status, run('--install').status]).toEqual([0, 0]);
    expect(existsSync(join(root, 'asked'))).toBe(false);
  });
});
