import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { packageRoot } from '../../core/package-root.ts';
import { scratchFolder } from '../support/scratch.ts';

const run = promisify(execFile);

it('the benchmark measures on a stack of its own, writes its report and stops what it started', async () => {
  const output = scratchFolder();
  const { stderr } = await run('npx', ['-y', 'pnpm', 'bench', '--quick', '--only', 'footprint', '--output', output], {
    cwd: packageRoot(),
  });
  expect(stderr).toContain(`report: ${join(output, 'report.md')}`);
  expect(readdirSync(output).sort()).toEqual(['footprint.svg', 'latest.json', 'report.json', 'report.md']);
  const figures = JSON.parse(readFileSync(join(output, 'latest.json'), 'utf8')) as Record<string, unknown>;
  expect(figures).toMatchObject({ mode: 'quick' });
  expect(Object.values(figures)).not.toContain(null);
});
