import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkProject } from '../../../contract/check.ts';
import type { Finding } from '../../../pipeline/finding.ts';
import { applyEdit, lineOf, mutatedProject } from '../../support/contract-fixture.ts';
import { AVSC, type Change, FIELD_MISTAKES, METHOD_MISTAKES, proto, YAML, yaml } from '../../support/feed-mistakes.ts';
import { PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';
import { TAPE_PROTO, writeTape } from '../../support/tape.ts';

let cacheFolder: string;
beforeAll(async () => {
  cacheFolder = mkdtempSync(join(tmpdir(), 'perps-connect-catalogs-'));
  // Runs the migrations once; the cases take the catalog from the cache.
  await check([]);
}, PGLITE_TIMEOUT_MS);
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }));

async function check(
  changes: readonly Change[],
): Promise<{ findings: readonly Finding[]; line: (text: string) => number }> {
  const project = mutatedProject([]);
  try {
    writeTape(project.root);
    for (const [file, find, replace] of changes) applyEdit(project.root, { file, find, replace });
    const findings = await checkProject(project.root, {}, { only: ['tape'], cacheFolder });
    const lines = new Map(changes.map(([file, , replace]) => [replace, lineSafe(project.root, file, replace)]));
    return { findings, line: (text) => lines.get(text) ?? 0 };
  } finally {
    project.remove();
  }
}

function lineSafe(root: string, file: string, text: string): number {
  const [first = ''] = text.split('\n').filter((line) => line.trim() !== '');
  try {
    return lineOf(root, file, first.trim());
  } catch {
    return 0;
  }
}

const MISTAKES = [...FIELD_MISTAKES, ...METHOD_MISTAKES];

describe('a mistake in a mapping is refused in its file and line, with the way out', () => {
  it(
    'the stream without a mistake passes',
    async () => {
      const { findings } = await check([]);
      expect(findings.map(({ rule, message }) => [rule, message])).toEqual([]);
    },
    PGLITE_TIMEOUT_MS,
  );

  it.each(MISTAKES)('%s', async (name, change, rule, says) => {
    const changes =
      name === 'a decimal from a double'
        ? [
            yaml('px: { to: price, scale: 8 }', 'px: price'),
            proto('optional sint64 px = 5;', 'optional double px = 5;'),
          ]
        : [change];
    const { findings, line } = await check(changes);
    const text = findings.map((one) => `${one.rule} ${one.file}:${one.line} ${one.message}`).join('\n');
    const found = findings.find((one) => one.rule === rule && says.test(one.message));
    expect(found, text).toBeDefined();
    expect(found?.severity, text).toBe('error');
    expect(found?.remedy, text).not.toBe('');
    const [file, , replace] = changes.at(-1) as Change;
    if (
      !/would be rejected|with halt/.test(found?.message ?? '') &&
      rule !== 'AVRO_FIELD_UNFED' &&
      replace !== '' &&
      !/\n/.test(replace)
    ) {
      expect([found?.file, found?.line], text).toEqual([file, line(replace)]);
    }
    expect([YAML, AVSC, TAPE_PROTO]).toContain(found?.file);
  });

  it('there are forty of them', () => expect(MISTAKES.length).toBeGreaterThanOrEqual(40));
});
