import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkAgainstGit } from '../../../../schemas/compatibility/check-against-git.ts';
import { openGitBase } from '../../../../schemas/compatibility/git-base.ts';
import type { CompatibilityLevel } from '../../../../schemas/compatibility/level.ts';
import { createGitProject, type GitProject } from '../../../support/git-project.ts';

const AVSC = 'schemas/position-update.avsc';
const PROTO = 'schemas/position-update.proto';
const DEFINITION = 'connectors/positions.yaml';

let project: GitProject;
beforeEach(() => {
  project = createGitProject();
});
afterEach(() => project.remove());

async function check(level: CompatibilityLevel = 'BACKWARD_TRANSITIVE', ref = 'main'): Promise<string[]> {
  const loaded = project.load();
  const base = await openGitBase(loaded.root, ref, project.env);
  const findings = await checkAgainstGit(loaded, loaded.streams, base, level);
  return findings.map(({ severity, rule, file, line, path }) => `${severity} ${rule} ${file}:${line} ${path}`);
}

const text = (file: string): string => readFileSync(join(project.folder, file), 'utf8');

/** A file and the line of what stands in it once, as findings write it. */
function place(file: string, what: string): string {
  const lines = text(file).split('\n');
  const found = lines.flatMap((line, index) => (line.includes(what) ? [index + 1] : []));
  expect(found).toHaveLength(1);
  return `${file}:${found[0]}`;
}

describe('a working tree against git', () => {
  it('that changes nothing has no findings', async () => {
    expect(await check('FULL_TRANSITIVE')).toEqual([]);
  });

  it('that breaks Avro and proto is told both, each at its line', async () => {
    project.edit(
      AVSC,
      '"name": "size", "type": { "type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 8 }',
      '"name": "size", "type": { "type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 6 }',
    );
    project.edit(PROTO, 'string size = 9;', 'double size = 9;');
    expect(await check()).toEqual([
      `error DECIMAL_SCALE_CHANGED ${place(AVSC, '"size"')} /fields/size/type/scale`,
      `error FIELD_WIRE_JSON_COMPATIBLE_TYPE ${place(PROTO, ' size = 9')} perps.v1.PositionUpdate.size`,
    ]);
  });

  it('obeys the level', async () => {
    project.edit(AVSC, '"allowed": ["Long", "Short"], "doc"', '"doc"');
    project.edit(
      AVSC,
      '"name": "owner", "type": "string",',
      '"name": "owner", "type": ["null", "string"], "default": null,',
    );
    expect(await check('NONE')).toEqual([]);
    expect(await check('FORWARD')).toEqual([
      `error NULL_ADDED ${place(AVSC, '"owner"')} /fields/owner/type/0`,
      `note DEFAULT_CHANGED ${place(AVSC, '"owner"')} /fields/owner/default`,
      `note LIMIT_WIDENED ${place(AVSC, '"side"')} /fields/side/allowed`,
    ]);
  });

  it('follows a schema that moved, by its topic', async () => {
    const moved = 'contract/positions.v1.avsc';
    project.write({
      [moved]: text(AVSC).replace('"type": "long", "minimum": 0', '"type": "int", "minimum": 0'),
      [AVSC]: undefined,
    });
    project.edit(DEFINITION, 'schema: schemas/position-update.avsc', `schema: ${moved}`);
    expect(await check()).toEqual([`error TYPE_NARROWED ${place(moved, '"slot"')} /fields/slot/type`]);
  });

  it('follows a schema whose topic and file are called otherwise, by its record', async () => {
    const moved = 'schemas/trades.avsc';
    project.write({ [moved]: text(AVSC).replace('"scale": 8', '"scale": 9'), [AVSC]: undefined });
    project.edit(DEFINITION, 'schema: schemas/position-update.avsc', `schema: ${moved}`);
    project.edit(DEFINITION, 'topic:\n  name: positions', 'topic:\n  name: trades');
    expect(await check()).toEqual([
      'note SUBJECT_REMOVED connectors/positions.yaml:1 /topic/name',
      `error DECIMAL_SCALE_CHANGED ${place(moved, '"size"')} /fields/size/type/scale`,
    ]);
  });

  it('takes a stream for new that shares its record with another one', async () => {
    project.write({
      'connectors/copies.yaml': text(DEFINITION)
        .replace('name: positions\n', 'name: copies\n')
        .replace('topic:\n  name: positions', 'topic:\n  name: copies')
        .replace('name: public.positions', 'name: public.copies')
        .replace('name: positions-sink', 'name: copies-sink')
        .replace('schema: schemas/position-update.avsc', 'schema: schemas/copies.avsc'),
      'schemas/copies.avsc': text(AVSC).replace('"scale": 8', '"scale": 2'),
    });
    expect(await check()).toEqual(['note SUBJECT_NEW schemas/copies.avsc:1 /']);
  });

  it('passes a base without any of it, with a note', async () => {
    project.git('switch', '--quiet', '--orphan', 'empty');
    project.commit({ 'README.md': 'nothing yet' });
    project.git('switch', '--quiet', '--create', 'start');
    project.git('checkout', 'main', '--', '.');
    expect(await check('BACKWARD_TRANSITIVE', 'empty')).toEqual(['note SUBJECT_NEW schemas/position-update.avsc:1 /']);
  });

  it('may mend a base that does not parse', async () => {
    project.git('switch', '--quiet', 'main');
    const whole = { [AVSC]: text(AVSC), [PROTO]: text(PROTO) };
    project.commit({ [AVSC]: '{ "type": ', [PROTO]: 'syntax = "proto3"; message {', [DEFINITION]: text(DEFINITION) });
    project.git('switch', '--quiet', '--create', 'mend');
    project.write(whole);
    expect(await check()).toEqual([
      'note BASE_INVALID schemas/feed.proto:1 /',
      'note BASE_INVALID schemas/position-update.avsc:1 /',
    ]);
  });

  it('follows a .proto file that was renamed in its folder, and misses one that was deleted', async () => {
    project.write({
      'schemas/positions.proto': text(PROTO).replace('string owner = 3', 'bytes owner = 3'),
      [PROTO]: undefined,
    });
    project.edit(DEFINITION, 'proto: schemas/position-update.proto', 'proto: schemas/positions.proto');
    expect(await check()).toEqual([
      `error FIELD_WIRE_JSON_COMPATIBLE_TYPE ${place('schemas/positions.proto', ' owner = 3')} perps.v1.PositionUpdate.owner`,
    ]);
    project.write({ 'schemas/feed.proto': undefined });
    expect((await check()).filter((finding) => finding.includes('PACKAGE_MESSAGE_NO_DELETE')).length).toBe(6);
  });
});
