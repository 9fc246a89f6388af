import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { packageRoot } from '../../../core/package-root.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { copyProject } from '../../support/project.ts';
import { DESCRIPTOR_SET, serveReflection } from '../../support/reflection-server.ts';

describe('connect feed inspect', () => {
  let root: string;
  let server: Awaited<ReturnType<typeof serveReflection>>;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'perps-connect-inspect-'));
    copyProject(root);
    copyFileSync(DESCRIPTOR_SET, join(root, 'feed.binpb'));
    server = await serveReflection();
  });
  afterAll(() => {
    server.close();
    rmSync(root, { recursive: true, force: true });
  });
  const inspect = (...words: string[]) => runInProcess(['feed', 'inspect', ...words], { cwd: root });

  it('lists what a service serves as a table, and says what to ask next', async () => {
    const { code, stdout, stderr } = await inspect(server.address);
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/^METHOD +KIND +REQUEST +ANSWER$/);
    expect(stdout).toMatch(
      /^vendor\.shapes\.v1\.Shapes\/Members +server streaming +vendor\.shapes\.v1\.Ask +vendor\.shapes\.v1\.Line$/m,
    );
    expect(stderr).toContain('--method SERVICE/METHOD --stream NAME --key FIELD');
  });

  it('asks the feed of an environment with the headers that it has', async () => {
    const asking = await serveReflection({ requires: { 'x-desk': 'blue' } });
    const file = join(root, 'connect.yaml');
    const good = readFileSync(file, 'utf8');
    const document = parseDocument(good);
    document.setIn(['environments', 'docker', 'feed'], { address: asking.address, metadata: { 'x-desk': 'blue' } });
    writeFileSync(file, document.toString());
    try {
      const { code, stdout, stderr } = await inspect('-e', 'docker', '-o', 'json');
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout).methods).toHaveLength(13);
    } finally {
      writeFileSync(file, good);
      asking.close();
    }
  });

  it('lists the same as JSON', async () => {
    const { stdout } = await inspect(server.address, '-o', 'json');
    expect(JSON.parse(stdout).methods).toHaveLength(13);
  });

  it.each<[string, string[], RegExp]>([
    ['a stream that nobody names', ['--method', 'Trees'], /--method needs --stream/],
    [
      'a position that is none',
      ['--method', 'Trees', '--stream', 'a', '--position', 'slot'],
      /a position is slot=FIELD/,
    ],
    ['a unit that is none', ['--method', 'Trees', '--stream', 'a', '--time', 'a=days'], /a unit is one of seconds/],
    ['an amount without a size', ['--method', 'Trees', '--stream', 'a', '--decimal', 'a=8,38'], /PRECISION,SCALE/],
    ['a pair without a name', ['--metadata', '=blue'], /NAME=VALUE/],
    ['a method that is not there', ['--method', 'Tree', '--stream', 'a'], /did you mean "Trees"/],
  ])('refuses %s', async (_what, words, says) => {
    const { code, stderr } = await inspect('--descriptor-set', 'feed.binpb', ...words);
    expect([code, stderr]).toEqual([64, expect.stringMatching(says)]);
  });

  it('does what docs/inspect.md tells people to run', { timeout: 60_000 }, async () => {
    const text = readFileSync(join(packageRoot(), 'docs/inspect.md'), 'utf8');
    const commands = [...text.matchAll(/^npx perps-connect (feed .+)$/gm)].map(([, words = '']) => words.split(' '));
    expect(commands).toHaveLength(4);
    for (const words of commands) {
      const here = words
        .map((word) => (word === 'feed.example:443' ? server.address : word))
        .filter((word) => word !== '--tls');
      const { code, stdout, stderr } = await runInProcess(here, { cwd: root });
      expect([code, words, stderr]).toEqual([0, words, expect.any(String)]);
      if (words.includes('scalars')) expect(stdout).toContain('+ connectors/scalars.yaml\n+ schemas/scalars.avsc\n');
      if (words.includes('--dry-run')) expect(stdout).toContain('--- connectors/members.yaml\n# yaml-language-server');
    }
  });
});
