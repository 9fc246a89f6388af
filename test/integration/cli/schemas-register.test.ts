import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFile } from '../../../pipeline/load.ts';
import { valueSubject } from '../../../pipeline/names.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { createSchemaRegistry } from '../../../schemas/registry.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

describe('connect schemas register', () => {
  let test: TestProject;
  let stream: StreamDefinition;
  let subject: string;
  beforeAll(async () => {
    test = await createTestProject({ name: 'clischemas' });
    const found = test.project.streams.find(({ name }) => name === 'positions');
    if (found === undefined) throw new Error('the positions stream is gone');
    stream = found;
    subject = valueSubject(stream);
  });
  afterAll(() => test.remove());

  const connect = (...args: readonly string[]) => runInProcess(args, { cwd: test.root, env: test.env });

  it('registers the first version under the level, then leaves it alone', async () => {
    const first = await connect('schemas', 'register', '--only', 'positions');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(new RegExp(`^\\+ ${subject}  version 1, id \\d+, BACKWARD_TRANSITIVE  registered\n$`));
    const second = await connect('schemas', 'register', '--only', 'positions', '-o', 'json');
    expect(JSON.parse(second.stdout)).toEqual({
      environment: 'local',
      subjects: [{ subject, id: expect.any(Number), version: 1, level: 'BACKWARD_TRANSITIVE', outcome: 'unchanged' }],
    });
  });

  it('refuses a rescaled amount with the place in the file, and registers nothing', async () => {
    const path = projectFile(test.project, stream.schema);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"scale": 8', '"scale": 6'));
    const line = text.slice(0, text.indexOf('"scale": 8')).split('\n').length;
    try {
      const { code, stdout, stderr } = await connect('schemas', 'register');
      expect(code).toBe(1);
      expect(stdout).toBe('');
      expect(stderr).toContain(`✗ subject ${subject}: the schema is not BACKWARD_TRANSITIVE compatible`);
      expect(stderr).toMatch(
        new RegExp(`  ${stream.schema}:${line}:\\d+  size: decimal\\(38,6\\) was decimal\\(38,8\\)`),
      );
    } finally {
      writeFileSync(path, text);
    }
    const registry = createSchemaRegistry({ url: test.environment.registry.url });
    expect(await registry.versions(subject)).toEqual([1]);
  });

  it('names the registry that does not answer', async () => {
    const broken = readFileSync(`${test.root}/connect.yaml`, 'utf8');
    writeFileSync(
      `${test.root}/connect.yaml`,
      broken.replace(/registry: \{ url: '[^']*'/, "registry: { url: 'http://127.0.0.1:1'"),
    );
    try {
      const { code, stderr } = await connect('schemas', 'register');
      expect(code).toBe(1);
      expect(stderr).toContain('schema registry at 127.0.0.1:1 is not reachable');
      expect(stderr).toContain('hint  check registry.url in connect.yaml');
    } finally {
      writeFileSync(`${test.root}/connect.yaml`, broken);
    }
  });
});
