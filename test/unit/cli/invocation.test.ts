import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { invocationFrom } from '../../../cli/invocation.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { capturedContext } from '../../support/captured-context.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { scratchFolderOfFile } from '../../support/scratch.ts';

const root = scratchFolderOfFile();
let made = 0;

/** A folder of its own with these folders in it, and empty files. */
function folder(...paths: readonly string[]): string {
  made += 1;
  const own = join(root, String(made));
  for (const path of paths) {
    mkdirSync(join(own, path, '..'), { recursive: true });
    if (path.endsWith('/')) mkdirSync(join(own, path), { recursive: true });
    else writeFileSync(join(own, path), '');
  }
  return own;
}

const PACKAGE = 'node_modules/perps-connect';

describe('commands in texts are written as this installation runs them', () => {
  it.each([
    ['npx perps-connect', 'package-lock.json'],
    ['pnpm connect', 'pnpm-lock.yaml'],
    ['yarn perps-connect', 'yarn.lock'],
  ])('in a project: %s with %s', (invocation, lockFile) => {
    const project = folder(`${PACKAGE}/`, 'connectors/', lockFile);
    expect(invocationFrom(join(project, 'connectors'), join(project, PACKAGE))).toBe(invocation);
  });

  it('in a project whose package manager keeps packages elsewhere', () => {
    const store = folder('perps-connect/');
    const project = folder('node_modules/', 'pnpm-lock.yaml');
    symlinkSync(join(store, 'perps-connect'), join(project, PACKAGE));
    expect(invocationFrom(project, join(store, 'perps-connect'))).toBe('pnpm connect');
  });

  it('in a checkout, from a cache of npx or pnpm, and from the PATH', () => {
    expect(invocationFrom(join(packageRoot(), 'docs'))).toBe('pnpm connect');
    expect(invocationFrom(root)).toBe('connect');
    const cached = folder(`_npx/a1/${PACKAGE}/`, `dlx/a1/${PACKAGE}/`, `lib/${PACKAGE}/`);
    expect(invocationFrom(root, join(cached, '_npx/a1', PACKAGE))).toBe('npx perps-connect');
    expect(invocationFrom(root, join(cached, 'dlx/a1', PACKAGE))).toBe('pnpm dlx perps-connect');
    expect(invocationFrom(root, join(cached, 'lib', PACKAGE))).toBe('connect');
  });

  it('in hints, in JSON and in help', async () => {
    const options = { cwd: root, invocation: 'npx perps-connect' };
    const { stdout, stderr } = await runInProcess(['check', '-o', 'json'], options);
    expect(JSON.parse(stdout).error.hint).toContain('`npx perps-connect init` makes one');
    expect(stderr).toContain('`npx perps-connect init` makes one');
    const help = (await runInProcess(['init', 'stream', '--help'], options)).stdout;
    expect(help).toContain('Usage: npx perps-connect init stream');
    expect(help.replaceAll(/\s+/g, ' ')).toContain('they pass `npx perps-connect check`');
  });

  it('and data stays data', () => {
    const { context, said } = capturedContext({ invocation: 'npx perps-connect' });
    context.json({ value: 'run `connect deploy`', error: { hint: 'run `connect deploy`, see `connect.yaml`' } });
    expect(JSON.parse(said.stdout)).toEqual({
      value: 'run `connect deploy`',
      error: { hint: 'run `npx perps-connect deploy`, see `connect.yaml`' },
    });
  });
});
