import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectFile } from '../../../pipeline/load.ts';
import { valueSubject } from '../../../pipeline/names.ts';
import { checkAgainstRegistry } from '../../../schemas/compatibility/check-against-registry.ts';
import type { CompatibilityLevel } from '../../../schemas/compatibility/level.ts';
import { createSchemaRegistry, type SchemaRegistry } from '../../../schemas/registry.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

let project: TestProject;
let registry: SchemaRegistry;
let schemaFile: string;
let subject: string;

beforeEach(async () => {
  project = await createTestProject({ name: 'compat' });
  registry = createSchemaRegistry({ url: project.environment.registry.url });
  const stream = positions();
  schemaFile = projectFile(project.project, stream.schema);
  subject = valueSubject(stream);
});
afterEach(() => project.remove());

function positions() {
  const stream = project.project.streams.find(({ schema }) => schema.endsWith('position-update.avsc'));
  if (stream === undefined) throw new Error('the positions stream is gone');
  return stream;
}

const text = (): string => readFileSync(schemaFile, 'utf8');

function edit(from: string, to: string): void {
  expect(text().split(from)).toHaveLength(2);
  writeFileSync(schemaFile, text().replace(from, to));
}

async function check(level?: CompatibilityLevel): Promise<string[]> {
  const findings = await checkAgainstRegistry(project.project, [positions()], registry, level);
  return findings.map(({ severity, rule, path, against }) => `${severity} ${rule} ${path} (${against})`);
}

describe('schemas against a registry', () => {
  it('pass for an unknown subject with a note, and leave the registry as it was', async () => {
    expect(await check()).toEqual(['note SUBJECT_NEW / (the registry)']);
    expect(await registry.versions(subject)).toBeUndefined();
  });

  it('count all versions at a transitive level and the latest otherwise', async () => {
    const first = text();
    await registry.register(subject, first);
    edit('"name": "owner", "type": "string"', '"name": "owner", "type": "string", "default": ""');
    edit('{ "name": "owner"', '{ "name": "venue", "type": "string", "default": "" },\n    { "name": "owner"');
    await registry.register(subject, text());
    edit('"name": "venue", "type": "string", "default": ""', '"name": "venue", "type": "string"');
    expect((await check('BACKWARD')).filter((finding) => finding.startsWith('error'))).toEqual([]);
    expect(await check()).toContain('error FIELD_ADDED_WITHOUT_DEFAULT /fields/venue (registry version 1)');
  });

  it('fail where the registry itself sees no harm: a decimal’s scale', async () => {
    await registry.register(subject, text());
    await registry.setCompatibility(subject, 'FULL_TRANSITIVE');
    edit('"precision": 38, "scale": 8', '"precision": 38, "scale": 6');
    expect((await registry.check(subject, text()))?.compatible).toBe(true);
    expect(await check()).toEqual(['error DECIMAL_SCALE_CHANGED /fields/size/type/scale (registry version 1)']);
  });

  it('are held to what the registry adds to the default level', async () => {
    await registry.register(subject, text());
    edit('"name": "owner", "type": "string"', '"name": "owner", "type": ["string", "null"]');
    expect(await check()).toEqual([]);
    await registry.setCompatibility(subject, 'FORWARD');
    expect(await check()).toEqual(['error NULL_ADDED /fields/owner/type/1 (registry version 1)']);
  });

  it('are told what only the registry refuses', async () => {
    await registry.register(subject, text());
    await registry.setCompatibility(subject, 'FULL');
    edit('"name": "owner", "type": "string"', '"name": "owner", "type": ["string", "null"]');
    expect(await check('BACKWARD')).toEqual(['error REGISTRY_REFUSES / (the registry)']);
    expect(await check('NONE')).toEqual([]);
  });
});
