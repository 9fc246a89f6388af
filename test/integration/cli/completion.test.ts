import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';
import { copyProject } from '../../support/project.ts';
import { scratchFolderOfFile } from '../../support/scratch.ts';

const root = scratchFolderOfFile();
const connect = join(root, 'connect');

beforeAll(() => {
  copyProject(root);
  const program = join(packageRoot(), 'bin', 'connect.mjs');
  writeFileSync(connect, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(connect, 0o755);
});

/** Presses TAB in a real bash that has read the script: `line` is split as bash's readline does it. */
async function tab(line: string): Promise<string[]> {
  const words = line.split(/(=)| /).filter((word) => word !== undefined);
  const script = `
    source <(connect completion bash)
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
    COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
    COMP_LINE='${line}'
    _connect
    printf '%s\\n' "\${COMPREPLY[@]}"
    complete -p connect >&2`;
  const env = { ...process.env, PATH: `${root}:${process.env.PATH}` };
  const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-c', script], { cwd: root, env });
  expect(stderr).toContain('complete -F _connect connect');
  return stdout.split('\n').filter((word) => word !== '');
}

it('in bash, TAB completes commands, flags, environments, streams, parts and formats', async () => {
  const [commands, environments, streams, parts, formats, flags] = await Promise.all([
    tab('connect do'),
    tab('connect status -e '),
    tab('connect deploy --only pos'),
    tab('connect logs '),
    tab('connect plan --output=js'),
    tab('connect deploy --ro'),
  ]);
  expect(commands).toEqual(['doctor', 'down']);
  expect(environments).toEqual(['local', 'docker', 'compose']);
  expect(streams).toEqual(['positions']);
  expect(parts).toEqual(['postgres', 'kafka', 'registry', 'connect']);
  expect(formats).toEqual(['json']);
  expect(flags).toEqual([]);
});

it('candidates come before a person notices', async () => {
  const took: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    const began = performance.now();
    await promisify(execFile)(connect, ['__complete', '--', 'status', '-e', ''], { cwd: root });
    took.push(performance.now() - began);
  }
  // 0.3 s on a machine of its own; the tests share theirs.
  expect(Math.min(...took)).toBeLessThan(1_500);
});
